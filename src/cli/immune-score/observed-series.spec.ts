import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { canonicalJson } from '../../event-log/canonical.js';
import { eventBody } from '../../event-log/chain.js';
import type { JsonObject } from '../../platform/json.js';
import { DEFAULT_POLICIES } from '../../organs/immune/detection/default-policies.js';
import { DetectorEngine } from '../../organs/immune/detection/engine.js';
import { factsOf, type EventRow } from '../../organs/immune/detection/fact-reader.js';
import { scoredRows, SPIKE_THRESHOLD } from './scored-series.js';

const DATA = resolve('../shared/data/nab/data');
const STREAMS = [
  'realAdExchange/exchange-2_cpc_results',
  'realAWSCloudwatch/ec2_cpu_utilization_24ae8d',
  'realAWSCloudwatch/ec2_network_in_5abac7',
  'realKnownCause/rogue_agent_key_hold',
  'realTweets/Twitter_volume_IBM',
  'artificialWithAnomaly/art_daily_jumpsdown',
  'artificialNoAnomaly/art_flatline',
];

/** The row of the log's event by which a sensor reports a value among others. */
function observation(id: number, value: number): EventRow {
  const occurredAt = '2026-01-01T00:00:00.000000Z';
  const event_data: JsonObject = { host: { load: value }, steady: 1, text: 'a "quoted" ],"id":7' };
  const after = { agent_id: 's', event_id: id, event_type: 'host', severity: 'info', watched: ['host.load', 'steady'] };
  const body = eventBody({
    id,
    previousHash: 'f'.repeat(64),
    occurredAt,
    actor: { type: 'agent', id: 's' },
    type: 'immune.observe',
    outcome: 'succeeded',
    subject: { type: 'agent', id: 's' },
    requestId: 'r',
    causedBy: null,
    payload: canonicalJson({ event_type: 'host', event_data, severity: 'info' }),
    effects: canonicalJson([{ after, entity: 'observation', id: 'o', op: 'insert' }]),
  });
  return {
    id,
    type: 'immune.observe',
    outcome: 'succeeded',
    actor_id: 's',
    subject_id: 's',
    occurred_at: occurredAt,
    body,
  };
}

describe('a series that a sensor reports', () => {
  const recorded = existsSync(DATA) ? it : it.skip;
  recorded.each(STREAMS)('has the anomalies that its file has: %s', async (stream) => {
    const engine = new DetectorEngine();
    for (const policy of DEFAULT_POLICIES) {
      engine.next({ kind: 'policy', policy, eventId: 0, at: 0, occurredAt: '' });
    }
    const [expected, found]: [number[], number[]] = [[], []];
    let id = 0;
    for await (const { value, score } of scoredRows(join(DATA, `${stream}.csv.gz`))) {
      id += 1;
      if (score >= SPIKE_THRESHOLD) expected.push(id);
      const findings = factsOf(observation(id, Number(value))).flatMap((fact) => engine.next(fact));
      expect(findings.every(({ metric }) => metric === 'host host.load')).toBe(true);
      found.push(...findings.flatMap(({ evidence }) => evidence));
    }
    expect(found).toEqual(expected);
    if (!stream.startsWith('artificialNo')) expect(found).not.toEqual([]);
  });
});
