/** Tries of one request, the first included; with the waits below a server may be away for about half a minute. */
export const ATTEMPTS_MAX = 9;
/** First wait; it doubles with each try. */
const BACKOFF_FIRST_MS = 200;
const BACKOFF_MAX_MS = 10_000;
/** The server's longest throttle is a minute; a longer `Retry-After` is a mistake of somebody between. */
const RETRY_AFTER_MAX_MS = 65_000;

/** Statuses by which a server or a proxy says that it did not decide and the same request may come again. */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export function isRetryableStatus(status: number): boolean {
  return RETRYABLE_STATUSES.has(status);
}

/**
 * Milliseconds to wait before try number `attempt + 1`: what the server asked for, or an exponential backoff with
 * half of it left to chance, so that clients that failed together do not come back together.
 * @param attempt number of the try that failed, from 1
 * @param chance a number in [0, 1)
 */
export function retryDelayMs(attempt: number, retryAfterSeconds: number | null, chance: number): number {
  if (retryAfterSeconds !== null) return Math.min(retryAfterSeconds * 1000, RETRY_AFTER_MAX_MS);
  const ceiling = Math.min(BACKOFF_FIRST_MS * 2 ** (attempt - 1), BACKOFF_MAX_MS);
  return ceiling / 2 + (ceiling / 2) * chance;
}
