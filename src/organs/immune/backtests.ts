import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DatabaseUrl } from '../../platform/database/database-url.js';
import { ProblemError } from '../../platform/errors/problem.js';
import type { BacktestAnswer, BacktestData } from './backtest.worker.js';
import type { BacktestDto, BacktestedDto, CandidateDto, WouldIsolateDto } from './dto/backtest.dto.js';
import type { Policy } from './detection/policy.js';
import { BACKTEST_RUNS, BACKTEST_STOPPED, backtestTooLong, nothingToTry, policyExists } from './immune.errors.js';
import { NEW_POLICY } from './policies.commands.js';

/** Events of one trial: what is folded in less than a minute, which proxies wait. */
const BACKTEST_EVENTS_MAX = 5_000_000;

const THREAD = new URL('./backtest.worker.js', import.meta.url);

/** Tries policies on the recorded log, one trial at a time in each process, on a thread of its own. It only reads. */
@Injectable()
export class Backtests implements OnModuleDestroy {
  private worker: Worker | null = null;
  private isBusy = false;

  constructor(
    private readonly url: DatabaseUrl,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  async onModuleDestroy(): Promise<void> {
    await this.worker?.terminate();
  }

  /** @throws ProblemError 409 for no events, or more than one trial takes, or policies that could not stand together; 429 while another one runs; 503 when the server stops */
  async run({ policies, from_id: fromId, to_id: toId }: BacktestDto): Promise<BacktestedDto> {
    if (this.isBusy) throw new ProblemError(BACKTEST_RUNS);
    this.isBusy = true;
    const started = performance.now();
    try {
      const [head] = await this.database.query<{ event_id: number }[]>('select event_id from log_head');
      const upTo = Math.min(toId ?? Infinity, head?.event_id ?? 0);
      if (upTo - fromId >= BACKTEST_EVENTS_MAX) throw new ProblemError(backtestTooLong(BACKTEST_EVENTS_MAX));
      if (fromId > upTo) throw new ProblemError(nothingToTry(fromId, upTo));
      const candidates = policies?.map((each) => candidate(each)) ?? null;
      if (candidates) refuseTwins(candidates);
      const { events, verdict } = await this.fold({ url: this.url.url, policies: candidates, fromId, toId: upTo });
      return {
        events,
        from_id: fromId,
        to_id: upTo,
        is_as_recorded: verdict.isAsRecorded,
        findings: { ...verdict.findings },
        isolations: verdict.isolations.map(
          ({ agentId, finding, from, until, recordedEventId, prevented }): WouldIsolateDto => ({
            agent_id: agentId,
            answer: finding.answer,
            policy_id: finding.policy_id,
            at: from,
            until,
            reason: finding.reason,
            metric: finding.metric,
            expected: finding.expected,
            observed: finding.observed,
            evidence: [...finding.evidence],
            recorded_event_id: recordedEventId,
            prevented_actions: prevented.authorizations,
            prevented_spend: prevented.spent.map((each) => ({ ...each })),
          }),
        ),
        not_isolated: verdict.notIsolated.map(({ agentId, policyId, eventId, at }) => ({
          agent_id: agentId,
          policy_id: policyId,
          event_id: eventId,
          at,
        })),
        duration_ms: Math.round(performance.now() - started),
      };
    } finally {
      this.isBusy = false;
    }
  }

  private async fold(data: BacktestData): Promise<BacktestAnswer> {
    const worker = new Worker(THREAD, { workerData: data });
    this.worker = worker;
    try {
      const ended = once(worker, 'exit').then(() => {
        throw new ProblemError(BACKTEST_STOPPED);
      });
      ended.catch(() => undefined);
      const [answer] = (await Promise.race([once(worker, 'message'), ended])) as [BacktestAnswer];
      return answer;
    } finally {
      this.worker = null;
      await worker.terminate();
    }
  }
}

function candidate({ id, detector, threshold, window_seconds: window, answer, ...rest }: CandidateDto): Policy {
  return {
    id,
    detector,
    threshold,
    window_seconds: window,
    answer,
    scope: rest.scope ?? NEW_POLICY.scope,
    mode: rest.mode ?? NEW_POLICY.mode,
    cool_down_seconds: rest.cool_down_seconds ?? NEW_POLICY.cool_down_seconds,
    version: 0,
  };
}

/** @throws ProblemError 409 where two of them are one policy, or for the same */
function refuseTwins(candidates: readonly Policy[]): void {
  candidates.forEach((each, i) => {
    const isTwin = (other: Policy): boolean =>
      other.id === each.id || (other.detector === each.detector && other.scope === each.scope);
    const twin = candidates.slice(0, i).find(isTwin);
    if (twin) throw new ProblemError(policyExists(twin.id, twin.detector, twin.scope));
  });
}
