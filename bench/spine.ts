import { NestFactory } from '@nestjs/core';
import { v7 as uuidv7 } from 'uuid';
import { AppModule } from '../src/app.module.js';
import { Gate } from '../src/event-log/gate.js';
import { Spine } from '../src/event-log/spine.js';
import { Submission, type Caller } from '../src/event-log/command.js';
import { authorizeCommand } from '../src/organs/actions/authorize.command.js';
import { loadConfig } from '../src/platform/config/load-config.js';
import { createClient } from '../src/platform/database/client.js';
import { DatabaseUrl } from '../src/platform/database/database-url.js';
import { ACTION } from './http.js';
import { figureOf, type Figure } from './measure.js';
import type { Stage } from './stage.js';

/** The spine in this process, with the product's own gate and rules, and no HTTP. */
export interface SpineBench {
  run(inFlight: number, seconds: number, batchCommandsMax?: number): Promise<Figure>;
  close(): Promise<void>;
}

/** Opens the spine on a stage whose agents are registered. */
export async function openSpine(stage: Stage): Promise<SpineBench> {
  const config = await loadConfig(stage.environment);
  const app = await NestFactory.createApplicationContext(AppModule.with(config, new DatabaseUrl(stage.postgres.url)), {
    logger: false,
  });
  const callers = await agentCallers(stage.postgres.url);
  const gate = app.get(Gate);
  return {
    run: (inFlight, seconds, batchCommandsMax) =>
      spineRun({
        url: stage.postgres.url,
        gate,
        callers,
        inFlight,
        seconds,
        ...(batchCommandsMax ? { batchCommandsMax } : {}),
      }),
    close: () => app.close(),
  };
}

interface Run {
  readonly url: string;
  readonly gate: Gate;
  readonly callers: readonly Caller[];
  readonly inFlight: number;
  readonly seconds: number;
  readonly batchCommandsMax?: number;
}

async function spineRun({ url, gate, callers, inFlight, seconds, ...options }: Run): Promise<Figure> {
  const observer = { fault: fail, committed: () => undefined };
  const spine = new Spine({ url, gate, observer, ...options });
  const latencies: number[] = [];
  const started = performance.now();
  const end = started + seconds * 1000;
  const client = async (caller: Caller): Promise<void> => {
    while (performance.now() < end) {
      const at = performance.now();
      const reply = await spine.execute({
        caller,
        requestId: uuidv7(),
        instance: '/api/v1/actions',
        submission: action(caller),
      });
      if (reply.status !== 201) throw new Error(reply.body);
      latencies.push(performance.now() - at);
    }
  };
  await Promise.all(
    Array.from({ length: inFlight }, (_, i) => client(callers[i % callers.length] ?? fail('no agents'))),
  );
  const elapsed = (performance.now() - started) / 1000;
  await spine.close();
  return figureOf(latencies, elapsed);
}

function action(caller: Caller): Submission {
  const { action_type: actionType, payload } = ACTION;
  const request = {
    actionId: uuidv7(),
    agentId: caller.id,
    actionType,
    unit: 'usd',
    amount: 10_000_000n,
    payload,
    ttlSeconds: 900,
  };
  return Submission.of(authorizeCommand(request));
}

async function agentCallers(url: string): Promise<Caller[]> {
  const client = createClient(url, 'audit');
  await client.connect();
  const { rows } = await client.query<{ agent_id: string; key_id: string }>(
    'select agent_id, key_id from agent_keys order by agent_id',
  );
  await client.end();
  return rows.map((row) => ({ kind: 'agent', id: row.agent_id, keyId: row.key_id }));
}

function fail(error: unknown): never {
  throw error instanceof Error ? error : new Error(String(error));
}
