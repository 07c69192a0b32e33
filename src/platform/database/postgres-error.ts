/** An embedded PostgreSQL that cannot run; the message says what went wrong and what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}
