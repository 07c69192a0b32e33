/** SQLSTATE of a database error, or null when the error is not the server's word (a lost connection, a time limit). */
export function sqlstateOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object) ? code : null;
}

/** Codes after which the same transaction may well succeed: PostgreSQL 18, appendix A. */
const RETRYABLE = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available: another replica has the head
  '57014', // query_canceled: the statement's time was over
  '25P03', // idle_in_transaction_session_timeout
  '25006', // read_only_sql_transaction: a standby before its promotion
  '53300', // too_many_connections
  '53400', // configuration_limit_exceeded
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
]);

/** Whether the whole transaction is worth another attempt. Lost connections are; a server's "no" to the content is not. */
export function isRetryable(error: unknown): boolean {
  const code = sqlstateOf(error);
  if (code !== null) return RETRYABLE.has(code) || code.startsWith('08');
  return isConnectionLoss(error);
}

const SYSTEM_CODE = /^E(CONNRESET|PIPE|CONNREFUSED|TIMEDOUT|NOTFOUND|AI_AGAIN|HOSTUNREACH|NOENT|CONNABORTED)$/;

/** Whether the connection is gone, so that nobody knows what the server did with the last statements. */
export function isConnectionLoss(error: unknown): boolean {
  const code = sqlstateOf(error);
  if (code !== null) return code.startsWith('57P') || code.startsWith('08') || code === '25P03';
  // By shape: an error of Node's own may come from another realm, where `instanceof` says no.
  const { code: system = '', message = '' } = (error ?? {}) as { code?: unknown; message?: unknown };
  return (
    SYSTEM_CODE.test(String(system)) || /connection|timeout|not queryable|Client was closed/i.test(String(message))
  );
}
