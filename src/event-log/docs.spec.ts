import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import '../data-source.js';
import { derivedTables } from './table.js';

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
});
