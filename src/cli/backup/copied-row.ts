/** PostgreSQL's text format of COPY: columns are parted by tabs, a row ends with a line feed, `\N` is null. */

const LINE_FEED = 10;

/** Number of rows in whole lines. */
export function countRows(lines: Buffer): number {
  let rows = 0;
  for (let at = lines.indexOf(LINE_FEED); at >= 0; at = lines.indexOf(LINE_FEED, at + 1)) rows += 1;
  return rows;
}

/** The columns of one row without its line feed; null where a column is null. */
export function columnsOf(row: string): (string | null)[] {
  return row.split('\t').map((text) => (text === '\\N' ? null : unescaped(text)));
}

/** What each letter behind a backslash stands for; any other stands for itself. */
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function unescaped(text: string): string {
  return text.includes('\\') ? text.replace(/\\(.)/gs, (_, letter: string) => ESCAPES[letter] ?? letter) : text;
}
