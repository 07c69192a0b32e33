import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { v7 as uuidv7 } from 'uuid';
import { AppModule } from '../src/app.module.js';
import { Gate } from '../src/event-log/gate.js';
import { Spine, type SpineOptions } from '../src/event-log/spine.js';
import { Submission, type Caller, type Command, type Reply } from '../src/event-log/command.js';
import { authorizeCommand } from '../src/organs/actions/authorize.command.js';
import { loadConfig } from '../src/platform/config/load-config.js';
import { createClient } from '../src/platform/database/client.js';
import { DatabaseUrl } from '../src/platform/database/database-url.js';
import type { Cost } from '../src/organs/metabolism/index.js';
import { ACTION } from './http.js';
import { figureOf, type Figure } from './measure.js';
import type { Stage } from './stage.js';

/** The spine in this process, with the product's own gate and rules, and no HTTP. */
export interface SpineBench {
  /** The server's parts, to read with. */
  readonly app: INestApplicationContext;
  run(inFlight: number, seconds: number, options?: RunOptions): Promise<Figure>;
  /** Acts until the log has so many events; told of the last one now and then. */
  fill(events: number, onEvent: (id: number) => void): Promise<void>;
  close(): Promise<void>;
}

/** What is other than usual. */
export interface RunOptions {
  readonly batchCommandsMax?: number;
  /** All act as one agent, on one budget. */
  readonly oneBudget?: boolean;
  /** What is done again and again; one action unless given. */
  readonly work?: Work;
}

/** Something to do once, as an agent. */
export type Work = (execute: (submission: Submission) => Promise<Reply>, caller: Caller) => Promise<Reply>;

/** Commands in flight while the log is filled: where the spine is fastest. */
const FILL_IN_FLIGHT = 512;

/** Opens the spine on a stage whose agents are registered. */
export async function openSpine(stage: Stage): Promise<SpineBench> {
  const config = await loadConfig(stage.environment);
  const app = await NestFactory.createApplicationContext(AppModule.with(config, new DatabaseUrl(stage.postgres.url)), {
    logger: false,
  });
  const { url } = stage.postgres;
  const callers = await agentCallers(url);
  const gate = app.get(Gate);
  return {
    app,
    run: (inFlight, seconds, { batchCommandsMax, oneBudget = false, work = act } = {}) => {
      const end = performance.now() + seconds * 1000;
      return spineRun({
        spine: { url, gate, ...(batchCommandsMax ? { batchCommandsMax } : {}) },
        callers: oneBudget ? callers.slice(0, 1) : callers,
        inFlight,
        work,
        isOver: () => performance.now() >= end,
      });
    },
    fill: async (events, onEvent) => {
      let last = 0;
      await spineRun({
        spine: { url, gate },
        callers,
        inFlight: FILL_IN_FLIGHT,
        work: act,
        isOver: (id) => {
          if (id > last) onEvent((last = id));
          return last >= events;
        },
      });
    },
    close: () => app.close(),
  };
}

interface Run {
  readonly spine: Omit<SpineOptions, 'observer'>;
  readonly callers: readonly Caller[];
  readonly inFlight: number;
  readonly work: Work;
  /** Asked before each command, with the id of the last event. */
  readonly isOver: (lastEvent: number) => boolean;
}

async function spineRun({ spine: options, callers, inFlight, work, isOver }: Run): Promise<Figure> {
  const observer = { fault: fail, committed: () => undefined };
  const spine = new Spine({ ...options, observer });
  const latencies: number[] = [];
  const started = performance.now();
  let lastEvent = 0;
  const client = async (caller: Caller): Promise<void> => {
    const execute = async (submission: Submission): Promise<Reply> => {
      const reply = await spine.execute({ caller, requestId: uuidv7(), instance: '/api/v1/actions', submission });
      if (reply.status >= 300) throw new Error(reply.body);
      return reply;
    };
    while (!isOver(lastEvent)) {
      const at = performance.now();
      const reply = await work(execute, caller);
      latencies.push(performance.now() - at);
      lastEvent = reply.event?.id ?? lastEvent;
    }
  };
  await Promise.all(
    Array.from({ length: inFlight }, (_, i) => client(callers[i % callers.length] ?? fail('no agents'))),
  );
  const elapsed = (performance.now() - started) / 1000;
  await spine.close();
  return figureOf(latencies, elapsed);
}

const act: Work = (execute, caller) => execute(Submission.of(action(caller)));

/** Asks to act, for a cent unless another cost is given. */
export function action(caller: Caller, cost: Cost = { amounts: [{ unit: 'usd', nano: 10_000_000n }] }): Command {
  const { action_type: actionType, payload } = ACTION;
  return authorizeCommand({
    actionId: uuidv7(),
    agentId: caller.id,
    actionType,
    cost,
    payload,
    ttlSeconds: 900,
    leaseSeconds: 60,
  });
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
