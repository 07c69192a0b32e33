import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { ATTEMPTS_MAX, isRetryableStatus, retryDelayMs } from './retry-policy.js';
import { StoppedError } from './stop-signal.js';
import { parseJson, readProblem, SubstrateError, SubstrateUnreachable } from './substrate-error.js';

/** Longer than the server waits for the head of its log before it answers 503. */
const REQUEST_TIMEOUT_MS = 30_000;
const API_PATH = '/api/v1';

/** Who makes a request: gives the bearer and may get another when that one was refused. */
export interface Credential {
  bearer(): Promise<string>;
  /** Called after a 401; true when there is a new bearer to try. */
  renew(refused: string): Promise<boolean>;
}

/** One request below the API's base path. */
export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  as?: Credential;
  body?: unknown;
  /** Sent with every try; a command without one gets a random one, so that its retries have one effect. */
  idempotencyKey?: string;
  timeoutMs?: number;
}

export interface Answer<T> {
  status: number;
  body: T;
  /** The server gave the answer of an earlier request with the same idempotency key. */
  replayed: boolean;
}

/** The address and patience of a client. */
export interface ClientSettings {
  url: string;
  /** Tries of one request. */
  attempts?: number;
  /** Cuts waits between tries short; a request in flight is still awaited. */
  stop?: AbortSignal;
}

interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** A typed client of the substrate's HTTP API over the platform's `fetch`, which keeps connections alive. */
export class SubstrateClient {
  /** The server's address without a trailing slash. */
  readonly url: string;

  constructor(private readonly settings: ClientSettings) {
    this.url = settings.url.replace(/\/+$/, '');
  }

  /**
   * Sends a request, with bounded retries of 429, 503 and network failures, and checks the answer's shape.
   * @throws SubstrateError for a refusal, SubstrateUnreachable when nobody answers, StoppedError when stopped meanwhile
   */
  async request<T>(schema: z.ZodType<T>, call: Call): Promise<Answer<T>> {
    const raw = await this.send(`${this.url}${API_PATH}${call.path}`, call);
    const parsed = schema.safeParse(parseJson(raw.text));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const where = issue === undefined ? '' : `: ${issue.path.join('.')} ${issue.message}`;
      throw new SubstrateError(raw.status, 'CLIENT.UNEXPECTED_ANSWER', `${call.method} ${call.path}${where}`);
    }
    return { status: raw.status, body: parsed.data, replayed: raw.headers.get('idempotency-replayed') === 'true' };
  }

  /** Sends a request whose answer is plain text, such as the log's key. */
  async requestText(call: Call): Promise<string> {
    return (await this.send(`${this.url}${API_PATH}${call.path}`, call)).text;
  }

  /** The status of `GET /health`, which lies outside the API's base path. */
  async health(): Promise<string> {
    return (await this.send(`${this.url}/health`, { method: 'GET', path: '/health' })).text;
  }

  private async send(url: string, call: Call): Promise<RawAnswer> {
    const sent: Call = takesKey(call) ? { ...call, idempotencyKey: call.idempotencyKey ?? randomUUID() } : call;
    let mayRenew = true;
    for (let attempt = 1; ; attempt++) {
      const bearer = await call.as?.bearer();
      const raw = await this.once(url, sent, bearer);
      if (!(raw instanceof Error) && raw.status >= 200 && raw.status < 300) return raw;
      const error = raw instanceof Error ? raw : readProblem(raw.status, raw.headers, raw.text);
      if (error instanceof SubstrateError && error.status === 401 && mayRenew && bearer !== undefined) {
        mayRenew = false;
        if ((await call.as?.renew(bearer)) === true) continue;
      }
      const retryable = error instanceof SubstrateUnreachable || isRetryableStatus(error.status);
      if (!retryable || attempt >= (this.settings.attempts ?? ATTEMPTS_MAX)) throw error;
      const retryAfter = error instanceof SubstrateError ? error.retry_after : null;
      await this.pause(retryDelayMs(attempt, retryAfter, Math.random()));
    }
  }

  private async once(url: string, call: Call, bearer: string | undefined): Promise<RawAnswer | SubstrateUnreachable> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (bearer !== undefined) headers['authorization'] = `Bearer ${bearer}`;
    if (call.idempotencyKey !== undefined) headers['idempotency-key'] = call.idempotencyKey;
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    try {
      const response = await fetch(url, {
        method: call.method,
        headers,
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        redirect: 'manual',
        signal: AbortSignal.timeout(call.timeoutMs ?? REQUEST_TIMEOUT_MS),
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (error) {
      return new SubstrateUnreachable(`no answer from ${this.url}: ${reasonOf(error)}`, { cause: error });
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    try {
      await sleep(milliseconds, undefined, this.settings.stop === undefined ? {} : { signal: this.settings.stop });
    } catch {
      throw new StoppedError();
    }
  }
}

/** Commands take an idempotency key, except those about sessions, which have rules of their own. */
function takesKey(call: Call): boolean {
  return call.method !== 'GET' && !call.path.startsWith('/auth/');
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause;
  return cause instanceof Error ? cause.message || cause.name : error.message;
}
