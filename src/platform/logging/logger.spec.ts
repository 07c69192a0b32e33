import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createLogger, NestLogger } from './logger.js';

/** What is written by `work`, as parsed lines. */
function linesOf(work: (logger: NestLogger) => void): Record<string, unknown>[] {
  let text = '';
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  work(new NestLogger(createLogger('info', sink)));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('log lines', () => {
  it('are JSON with level, time and the part that speaks', () => {
    expect(linesOf((logger) => logger.log('hello', 'genesis'))).toMatchObject([
      { level: 'info', part: 'genesis', msg: 'hello', time: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
  });

  it('hold no secrets and no rows of a database error', () => {
    const err = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (key_hash)=(abc) exists',
      parameters: ['abc'],
    });
    const [line] = linesOf((logger) =>
      logger.error({ err, body: { password: 'abc', api_key: 'abc' }, authorization: 'Bearer abc' }, 'spine'),
    );
    expect(JSON.stringify(line)).not.toContain('abc');
    expect(line).toMatchObject({ level: 'error', err: { code: '23505' }, part: 'spine' });
  });

  it('leave out what Nest says of each module and route', () => {
    expect(linesOf((logger) => logger.log('Mapped {/x, GET} route', 'RouterExplorer'))).toEqual([]);
  });
});
