import { hash } from 'node:crypto';
import type pg from 'pg';
import type { JsonObject } from '../../platform/json.js';
import type { Finding } from './findings.js';

/** Texts that are read at a time: each may have some hundred kilobytes. */
const TEXTS_AT_ONCE = 200;

/** Type of the event that erases texts. */
const ERASURE = 'audit.erase';

/** What the log says of a text that is kept beside it. */
export interface NamedText {
  /** `<event id>/<member>`. */
  readonly id: string;
  readonly eventId: number;
  /** SHA-256, hex: of the text, or of salt and text. */
  readonly digest: string;
  readonly isSalted: boolean;
}

/** The texts that an event's body names by their digests: `x_sha256` beside `x_bytes`, and `x_salted`. */
export function textsNamedIn(eventId: number, { payload }: JsonObject): NamedText[] {
  const members = (payload ?? {}) as JsonObject;
  return Object.entries(members).flatMap(([name, digest]) => {
    const [, member, kind] = /^(.+)_(salted|sha256)$/.exec(name) ?? [];
    if (member === undefined || typeof digest !== 'string') return [];
    const isSalted = kind === 'salted';
    if (!isSalted && typeof members[`${member}_bytes`] !== 'number') return [];
    return [{ id: `${eventId}/${member}`, eventId, digest, isSalted }];
  });
}

/** The texts that an event erased. */
export function textsErasedBy({ type, outcome, payload }: JsonObject): string[] {
  if (type !== ERASURE || outcome !== 'succeeded') return [];
  const { event_id: eventId, members } = payload as { event_id?: unknown; members?: unknown };
  return Array.isArray(members) ? members.map((member) => `${String(eventId)}/${String(member)}`) : [];
}

interface TextRow {
  readonly id: string;
  readonly text: string;
  readonly salt: string | null;
}

/**
 * Compares the texts beside the log with the digests in it: one that is other than its digest, or of which no event knows, is a
 * finding. One that is gone without an erasure proves nothing wrong - a rebuild from an export has none - and is a warning.
 */
export async function checkTexts(
  client: pg.Client,
  named: ReadonlyMap<string, NamedText>,
  erased: ReadonlySet<string>,
): Promise<{ findings: Finding[]; warnings: string[] }> {
  const findings: Finding[] = [];
  const there = new Set<string>();
  for (let after = ''; ;) {
    const { rows } = await client.query<TextRow>(
      `select id, text, salt from event_texts where id > $1 order by id limit ${TEXTS_AT_ONCE}`,
      [after],
    );
    const last = rows.at(-1);
    if (!last) break;
    after = last.id;
    for (const row of rows) {
      there.add(row.id);
      const finding = textFinding(row, named.get(row.id));
      if (finding) findings.push(finding);
    }
  }
  const gone = [...named.keys()].filter((id) => !there.has(id) && !erased.has(id));
  const warnings =
    gone.length === 0
      ? []
      : [
          `${gone.length} texts beside the log are gone without an erasure, the first of event ${gone[0]?.split('/')[0]}`,
        ];
  return { findings, warnings };
}

function textFinding({ id, text, salt }: TextRow, said: NamedText | undefined): Finding | null {
  const row = { table: 'event_texts', key: id };
  if (!said) return { kind: 'text_added', ...row, reason: 'no event names such a text' };
  const salted = said.isSalted ? Buffer.from(salt ?? '', 'hex') : Buffer.alloc(0);
  const digest = hash('sha256', Buffer.concat([salted, Buffer.from(text)]), 'hex');
  if (digest === said.digest) return null;
  return {
    kind: 'text_changed',
    ...row,
    event_id: said.eventId,
    reason: `it has another digest than event ${said.eventId} says`,
  };
}
