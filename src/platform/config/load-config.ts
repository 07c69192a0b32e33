import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
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
    logOrigin: e.LOG_ORIGIN ?? defaultOrigin(),
    allowedOrigins: e.ALLOWED_ORIGINS,
    trustedProxies: e.TRUSTED_PROXIES,
    actionTtlSeconds: e.ACTION_TTL_SECONDS,
    metricsToken: e.METRICS_TOKEN ?? null,
    bootstrapUsername: e.BOOTSTRAP_USERNAME ?? null,
    bootstrapPassword: e.BOOTSTRAP_PASSWORD ?? null,
    logLevel: e.LOG_LEVEL,
  } satisfies Config);
}

/** The variables as texts; an empty one counts as absent, `NAME_FILE` stands for the content of a file. */
function readVariables(env: NodeJS.ProcessEnv): { values: Record<string, string>; problems: string[] } {
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const name of Object.keys(VARIABLES)) {
    const direct = env[name];
    const file = env[`${name}_FILE`];
    if (direct && file) problems.push(`${name} and ${name}_FILE are both set; keep one`);
    if (direct) values[name] = direct;
    else if (file) {
      try {
        values[name] = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
      } catch {
        problems.push(`${name}_FILE names a file that cannot be read`);
      }
    }
  }
  return { values, problems };
}
