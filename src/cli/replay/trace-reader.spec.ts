import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readTrace } from './trace-reader.js';

const HEADER =
  'seq,time_unix,event,user,main_model,edit_format,prompt_tokens,completion_tokens,total_tokens,cost_usd,session_cost_usd,exit_reason';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trace-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const ROWS = `${HEADER}
1,1723560031,launched,user-01,,,,,,,,
2,1723560040,message_send_starting,user-01,,,,,,,,
3,1723560043,message_send,user-01,gpt-4o-mini,diff,638,25,663,1.4999999999999999e-05,0.0001107,
4,1723560044,message_send_exception,user-02,,,,,,,,
5,1723560045,exit,user-01,,,,,,,,Completed
`;

describe('readTrace', () => {
  it('reads the calls of an aider trace and passes over session marks', async () => {
    const trace = await readTrace(await file('a.csv', ROWS));
    expect(trace).toMatchObject({ rows: 5, format: { name: 'aider usage', actionType: 'llm.call', unit: 'usd' } });
    expect(trace.events).toEqual([
      {
        kind: 'start',
        seq: 2,
        atMs: 1723560040000,
        user: 'user-01',
        notes: { trace_seq: '2', trace_time: '2024-08-13T14:40:40.000Z' },
      },
      {
        kind: 'end',
        seq: 3,
        atMs: 1723560043000,
        user: 'user-01',
        costNano: 15_000n,
        notes: {
          main_model: 'gpt-4o-mini',
          edit_format: 'diff',
          prompt_tokens: 638,
          completion_tokens: 25,
          trace_seq: '3',
          trace_time: '2024-08-13T14:40:43.000Z',
        },
      },
      expect.objectContaining({ kind: 'failure', seq: 4, user: 'user-02' }),
    ]);
  });

  it('names a file and its gzip by the same hash', async () => {
    const [plain, packed] = await Promise.all([
      readTrace(await file('b.csv', ROWS)),
      readTrace(await file('b.gz', gzipSync(ROWS))),
    ]);
    expect(packed).toEqual({ ...plain, path: packed.path });
  });

  it.each([
    ['a header of another kind', 'a,b\n1,2\n', /no known trace has the columns a, b/],
    ['an empty file', '', /no known trace/],
    ['an event of no known kind', `${HEADER}\n1,1723560031,paid,user-01,,,,,,,,\n`, /row 1: event "paid" is unknown/],
    [
      'a cost that is no number',
      `${HEADER}\n1,1723560031,message_send,u,,,1,1,2,NaN,,\n`,
      /row 1: "NaN" is not a decimal/,
    ],
    ['a negative cost', `${HEADER}\n1,1723560031,message_send,u,,,1,1,2,-1,,\n`, /row 1: "-1" is not a decimal/],
    ['a time that is none', `${HEADER}\n1,soon,message_send,u,,,1,1,2,1,,\n`, /row 1: time_unix "soon"/],
    ['a user unfit for an id', `${HEADER}\n1,1,message_send,a b,,,1,1,2,1,,\n`, /row 1: user "a b"/],
    ['a row with too few cells', `${HEADER}\n1,2\n`, /not well-formed CSV/],
  ])('refuses %s', async (_, content, message) => {
    await expect(readTrace(await file('bad.csv', content))).rejects.toThrow(message);
  });

  it('says that a file is not there', async () => {
    await expect(readTrace(join(folder, 'absent.csv'))).rejects.toThrow(/cannot read .*absent\.csv/);
  });
});
