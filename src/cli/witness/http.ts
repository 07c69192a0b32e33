import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ADD_CHECKPOINT_BYTES_MAX, SIZE_MEDIA_TYPE } from '../../event-log/note/add-checkpoint.js';
import { CONNECTION_LIMITS } from '../../platform/http/connection-limits.js';
import { terminal } from '../terminal.js';
import type { Report } from './report.js';
import type { Witness } from './witness.js';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

type Handler = (request: IncomingMessage) => Promise<Answer> | Answer;

const TEXT = 'text/plain; charset=utf-8';
/** A byte order mark is no part of a note: it is kept, so that the note is refused. */
const UTF8 = { fatal: true, ignoreBOM: true } as const;

/** The witness over HTTP; not listening yet. */
export function witnessServer(witness: Witness, report: Report): Server {
  const routes = new Map<string, Handler>([
    ['POST /add-checkpoint', (request) => addCheckpoint(request, witness, report)],
    ['GET /status', () => ({ status: 200, type: 'application/json', body: `${JSON.stringify(witness.status())}\n` })],
  ]);
  return createServer(CONNECTION_LIMITS, (request, response) => {
    const handler = routes.get(`${request.method} ${request.url?.split('?')[0]}`) ?? nothing;
    handle(handler, request, response).catch((error: unknown) => {
      // A client that goes away while it sends is no fault of ours.
      if (!request.complete) return;
      terminal.err(`cannot answer: ${error instanceof Error ? error.message : String(error)}`);
      send(response, { status: 500, type: TEXT, body: 'the witness cannot remember it now\n' });
    });
  });
}

async function handle(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  send(response, await handler(request));
}

function nothing(): Answer {
  return { status: 404, type: TEXT, body: 'there is nothing here\n' };
}

async function addCheckpoint(request: IncomingMessage, witness: Witness, report: Report): Promise<Answer> {
  const body = await readBody(request);
  if (body === null) return { status: 413, type: TEXT, body: `at most ${ADD_CHECKPOINT_BYTES_MAX} bytes\n` };
  const decided = await witness.addCheckpoint(decoded(body));
  report.answered(decided);
  const { status } = decided;
  if ('line' in decided) return { status, type: TEXT, body: decided.line };
  if (decided.size !== null) return { status, type: SIZE_MEDIA_TYPE, body: `${decided.size}\n` };
  return { status, type: TEXT, body: `${decided.reason}\n` };
}

/** The body, or null when it is too large: then the rest is read, within the connection's time, and dropped. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= ADD_CHECKPOINT_BYTES_MAX) chunks.push(chunk);
  }
  return bytes <= ADD_CHECKPOINT_BYTES_MAX ? Buffer.concat(chunks) : null;
}

/** Bytes as text; what is no UTF-8 is no request either, and reads as none. */
function decoded(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', UTF8).decode(body);
  } catch {
    return '';
  }
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.statusCode = status;
  response.setHeader('Content-Type', type);
  response.end(body);
}
