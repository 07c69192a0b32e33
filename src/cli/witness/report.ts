import { terminal } from '../terminal.js';
import type { Remembered } from './memory.js';
import type { Refusal } from './submission.js';
import type { Cosigned, WitnessStatus } from './witness.js';

/** Longest name of a log in a line, in characters: anybody may send any. */
const ORIGIN_SHOWN = 200;

/** What a witness tells its operator, line by line: to read, or as JSON. */
export interface Report {
  started(url: string, status: WitnessStatus): void;
  answered(answer: Cosigned | Refusal): void;
  forgot(log: Remembered): void;
}

/** Writes to standard output. */
export function makeReport(json: boolean): Report {
  return json ? jsonReport : textReport;
}

const textReport: Report = {
  started(url, { name, vkey, logs }) {
    terminal.out(`verifier key: ${vkey}`);
    for (const { origin, size } of logs) terminal.out(`watches ${origin}, at size ${size}`);
    terminal.out(`Witness ${name} listens on ${url}`);
  },
  answered(answer) {
    const time = new Date().toISOString();
    const what = 'line' in answer ? 'cosigned' : `refused (${answer.status})`;
    const why = 'line' in answer ? '' : `: ${answer.reason}`;
    const evidence = 'evidence' in answer && answer.evidence.length > 0 ? ` ${JSON.stringify(answer.evidence)}` : '';
    terminal.out(`${time} ${what} ${whichOf(answer)}${why}${evidence}`);
  },
  forgot({ origin, size, root, cosignedAt, note }) {
    terminal.out(`forgot ${origin}: size ${size}, root ${root.toString('base64')}, cosigned at ${cosignedAt}`);
    terminal.out('The next checkpoint of this log is taken as its first. Keep what it had signed:');
    terminal.out();
    terminal.out(note.trimEnd());
  },
};

const jsonReport: Report = {
  started(url, status) {
    terminal.out(JSON.stringify({ listens_on: url, ...status }));
  },
  answered(answer) {
    const { status, checkpoint } = answer;
    const { origin = null, size = null, root = null } = checkpoint ?? {};
    const which = { origin: origin?.slice(0, ORIGIN_SHOWN) ?? null, size, root: root?.toString('base64') ?? null };
    const why = 'line' in answer ? {} : { reason: answer.reason, evidence: answer.evidence };
    terminal.out(JSON.stringify({ time: new Date().toISOString(), status, ...which, ...why }));
  },
  forgot({ origin, size, root, cosignedAt, note }) {
    const which = { origin, size, root: root.toString('base64'), cosigned_at: cosignedAt };
    terminal.out(JSON.stringify({ forgot: { ...which, note } }));
  },
};

function whichOf({ checkpoint }: Cosigned | Refusal): string {
  if (!checkpoint) return 'a request';
  // Quoted where it could look like something else.
  const shown = checkpoint.origin.slice(0, ORIGIN_SHOWN);
  const origin = /^[\x21-\x7e]+$/.test(shown) ? shown : JSON.stringify(shown);
  return `${origin}, size ${checkpoint.size}, root ${checkpoint.root.toString('base64')}`;
}
