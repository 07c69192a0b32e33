import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import '../data-source.js';
import { derivedTables } from './table.js';

const TYPE = /(?<=['`])[a-z]+\.[a-z_]+(?=['`])/g;
/** Where the code says the type of an event: of a command, of a route, of the guard, of a notice; and those that verifiers look for. */
const MADE = [
  /\btype: [^,\n]*'[a-z]+\.[a-z_]+'/g,
  /@Commands\(\s*'[a-z]+\.[a-z_]+'/g,
  /\bnotice\('[a-z]+\.[a-z_]+'/g,
  /'substrate\.[a-z_]+'/g,
];
/** Put together from two words in the code. */
const COMPOSED = 'metabolism.fund_debt';

describe('docs/event-log.md', () => {
  it('lists the members of every entity as the code has them', async () => {
    const text = await readFile('docs/event-log.md', 'utf8');
    const rows = derivedTables().map(({ entity, name, keyName: key, columns }) => {
      const members = columns.map((c) => `\`${c.member}\``).toSorted();
      return `| \`${entity}\` | \`${name}\` | \`${key}\` | ${members.join(' ')} |`;
    });
    const listed = text.split('\n').filter((line) => /^\| `[a-z_]+` \| `[a-z_]+` \|/.test(line));
    expect(listed.toSorted()).toEqual(rows.toSorted());
  });

  it('lists every type of event that the code has, and no other', async () => {
    const text = await readFile('docs/event-log.md', 'utf8');
    const rows = text.split('\n').filter((line) => /^\| (`[a-z]+\.[a-z_]+` ?)+\|/.test(line));
    const listed = rows.flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(TYPE)].map((m) => m[0]));
    const files = (await readdir('src', { recursive: true })).filter((name) => /(?<!\.spec)\.ts$/.test(name));
    const code = await Promise.all(files.map((name) => readFile(join('src', name), 'utf8')));
    const made = code.flatMap((source) =>
      MADE.flatMap((pattern) => [...source.matchAll(pattern)].flatMap((m) => (m[0].match(TYPE) ?? []) as string[])),
    );
    expect(listed.toSorted()).toEqual([...new Set([COMPOSED, ...made])].toSorted());
  });
});
