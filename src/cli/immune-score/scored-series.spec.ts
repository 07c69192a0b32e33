import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { scoredRows, type ScoredRow } from './scored-series.js';

describe('scoredRows', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'echo-series-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  const read = async (content: string | Buffer, name = 'series.csv'): Promise<ScoredRow[]> => {
    const path = join(folder, name);
    await writeFile(path, content);
    const rows: ScoredRow[] = [];
    for await (const row of scoredRows(path)) rows.push(row);
    return rows;
  };

  it('keeps the cells as they were, in any order of columns, with either line end', async () => {
    const rows = await read('value,host,timestamp\r\n+1.50,a,"1 May, noon"\r\n2e3,b,2\n');
    expect(rows).toEqual([
      { timestamp: '1 May, noon', value: '+1.50', score: 0 },
      { timestamp: '2', value: '2e3', score: 0 },
    ]);
  });

  it('reads what gzip packed', async () => {
    expect(await read(gzipSync('timestamp,value\n1,2\n'), 'series.csv.gz')).toHaveLength(1);
    await expect(read('timestamp,value\n1,2\n', 'plain.csv.gz')).rejects.toThrow(/cannot read .*plain\.csv\.gz/);
  });

  it.each([
    ['', /is empty/],
    ['timestamp,cost\n1,2\n', /line 1: the header has no column value/],
    ['timestamp,value\n1,2\n\n2\n', /line 4: it has no value/],
    ['timestamp,value\n1,2\n2,NaN\n', /line 3: the value "NaN" is not a number/],
    ['timestamp,value\n1,\n', /line 2: the value "" is not a number/],
    ['timestamp,value\n1,1e999\n', /line 2: the value "1e999" is not a number/],
    ['timestamp,value\n1,"2\n', /not well-formed CSV/],
  ])('refuses %j', async (content, message) => {
    await expect(read(content)).rejects.toThrow(message);
  });

  it('says which file is absent', async () => {
    await expect(scoredRows(join(folder, 'none.csv')).next()).rejects.toThrow(/cannot read .*none\.csv: ENOENT/);
  });
});
