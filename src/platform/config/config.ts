/** Everything that the environment may say, read once at start; `config.schema.ts` has the names of the variables and their rules. */
export class Config {
  readonly environment!: 'development' | 'production';
  /** Null: a PostgreSQL starts embedded. */
  readonly databaseUrl!: string | null;
  readonly dataDir!: string;
  readonly migrateOnStart!: boolean;
  readonly apiHost!: string;
  readonly apiPort!: number;
  /** At least 32 characters; keys are derived from it, it is never used as it is. */
  readonly secretKey!: string;
  /** Ed25519 private key, PKCS#8 PEM, that signs checkpoints. */
  readonly logSigningKey!: string;
  /** The key before, while a rotation is on its way. */
  readonly logSigningKeyPrevious!: string | null;
  /** Append-only file that gets every checkpoint; null: none. */
  readonly checkpointFile!: string | null;
  /** Witnesses that cosign checkpoints. */
  readonly witnesses!: readonly WitnessAddress[];
  /** Name of the log: the first line of its checkpoints and the name of its key. */
  readonly logOrigin!: string;
  readonly allowedOrigins!: readonly string[];
  readonly trustedProxies!: readonly string[];
  readonly actionTtlSeconds!: number;
  /** How long a permit lasts where an action does not say, in seconds. */
  readonly leaseSeconds!: number;
  /** Pause between two audits of what is new, in seconds. */
  readonly selfAuditSeconds!: number;
  /** Pause between two audits of everything, in seconds. */
  readonly fullAuditSeconds!: number;
  /** Guards `/metrics`; null: anybody may read them. */
  readonly metricsToken!: string | null;
  readonly bootstrapUsername!: string | null;
  readonly bootstrapPassword!: string | null;
  readonly logLevel!: LogLevel;
}

/** A witness: its verifier key (C2SP tlog-cosignature) and where it listens. */
export interface WitnessAddress {
  readonly vkey: string;
  readonly url: string;
}

/** Levels of log lines, as pino names them. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
