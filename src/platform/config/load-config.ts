import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Config } from './config.js';
import { defaultOrigin, ENVIRONMENT, VARIABLES } from './config.schema.js';
import { loadOrMakeSecret, loadOrMakeSigningKey } from './signing-key.js';

/** Everything that is wrong with the configuration, all at once. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(
      `the configuration cannot be used:\n${problems.map((p) => `  - ${p}`).join('\n')}\nSee .env.example for every variable.`,
    );
  }
}

/**
 * Reads the configuration from environment variables, once. A development start without keys makes them in the data
 * folder and keeps them there.
 * @throws ConfigError naming every variable that is missing or wrong; values of variables are never shown
 */
export async function loadConfig(env: NodeJS.ProcessEnv): Promise<Config> {
  const { values, problems } = readVariables(env);
  const parsed = ENVIRONMENT.safeParse(values);
  if (!parsed.success) problems.push(...parsed.error.issues.map((i) => `${i.path.join('.')} ${i.message}`));
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const e = parsed.data;
  const production = e.NODE_ENV === 'production';
  const dataDir = resolve(e.SUBSTRATE_DATA);
  return Object.assign(new Config(), {
    environment: production ? 'production' : 'development',
    databaseUrl: e.DATABASE_URL ?? null,
    dataDir,
    migrateOnStart: e.MIGRATE_ON_START,
    apiHost: e.API_HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
    apiPort: e.API_PORT,
    secretKey: e.SECRET_KEY ?? (await loadOrMakeSecret(dataDir, 'secret-key')),
    logSigningKey: e.LOG_SIGNING_KEY ?? (await loadOrMakeSigningKey(dataDir)),
    logSigningKeyPrevious: e.LOG_SIGNING_KEY_PREVIOUS ?? null,
    checkpointFile: e.CHECKPOINT_FILE ?? (e.DATABASE_URL === undefined ? join(dataDir, 'checkpoints.txt') : null),
    witnesses: e.WITNESSES,
    logOrigin: e.LOG_ORIGIN ?? defaultOrigin(),
    allowedOrigins: e.ALLOWED_ORIGINS,
    trustedProxies: e.TRUSTED_PROXIES,
    actionTtlSeconds: e.ACTION_TTL_SECONDS,
    leaseSeconds: e.LEASE_SECONDS,
    selfAuditSeconds: e.SELF_AUDIT_SECONDS,
    fullAuditSeconds: e.FULL_AUDIT_SECONDS,
    metricsToken: e.METRICS_TOKEN ?? null,
    bootstrapUsername: e.BOOTSTRAP_USERNAME ?? null,
    bootstrapPassword: e.BOOTSTRAP_PASSWORD ?? null,
    logLevel: e.LOG_LEVEL,
  } satisfies Config);
}

/** Reads `.env` of the working directory where there is one; variables of the environment win over those of the file. */
export function loadDotEnv(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
}

/**
 * One variable as text, null when it is absent or empty; `NAME_FILE` stands for the content of a file.
 * @throws ConfigError when both are set, or the file cannot be read
 */
export function readVariable(env: NodeJS.ProcessEnv, name: keyof typeof VARIABLES): string | null {
  const { value, problem } = variable(env, name);
  if (problem !== null) throw new ConfigError([problem]);
  return value;
}

/** The variables as texts; an empty one counts as absent, `NAME_FILE` stands for the content of a file. */
function readVariables(env: NodeJS.ProcessEnv): { values: Record<string, string>; problems: string[] } {
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const name of Object.keys(VARIABLES)) {
    const { value, problem } = variable(env, name);
    if (value !== null) values[name] = value;
    if (problem !== null) problems.push(problem);
  }
  return { values, problems };
}

function variable(env: NodeJS.ProcessEnv, name: string): { value: string | null; problem: string | null } {
  const direct = env[name];
  const file = env[`${name}_FILE`];
  if (direct && file) return { value: direct, problem: `${name} and ${name}_FILE are both set; keep one` };
  if (direct) return { value: direct, problem: null };
  if (!file) return { value: null, problem: null };
  try {
    return { value: readFileSync(file, 'utf8').replace(/\r?\n$/, ''), problem: null };
  } catch {
    return { value: null, problem: `${name}_FILE names a file that cannot be read` };
  }
}
