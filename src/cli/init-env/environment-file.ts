import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** What a person may choose; all else is random or has a default. */
export interface EnvironmentChoices {
  /** Host name that the proxy answers to, and the first part of the log's name. */
  readonly host: string;
  /** Null: the database of docker-compose.yml. */
  readonly databaseUrl: string | null;
}

/** Characters of base64url of these many random bytes: 43, 256 bits. */
const SECRET_BYTES = 32;

/**
 * The text of a complete production `.env`: the text of `.env.example` with values in it, so that every variable stays
 * explained. Values are written without quotes: Node, docker compose and `docker run --env-file` read them alike.
 * @throws RangeError when the template lacks a variable that is to have a value
 */
export function environmentFile(template: string, { host, databaseUrl }: EnvironmentChoices): string {
  const postgresPassword = secret();
  const values: Readonly<Record<string, string>> = {
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl ?? `postgresql://echo:${postgresPassword}@postgres:5432/echo_substrate`,
    POSTGRES_PASSWORD: postgresPassword,
    SITE_ADDRESS: host,
    SECRET_KEY: secret(),
    LOG_SIGNING_KEY: signingKey(),
    LOG_ORIGIN: `${host}/log`,
    METRICS_TOKEN: secret(),
    BOOTSTRAP_USERNAME: 'maintainer',
    BOOTSTRAP_PASSWORD: secret(),
  };
  return Object.entries(values).reduce(withValue, template);
}

/** Sets a variable where the template has it, commented out or not. */
function withValue(text: string, [name, value]: [string, string]): string {
  const line = new RegExp(`^#?${name}=.*$`, 'm');
  if (!line.test(text)) throw new RangeError(`.env.example has no line for ${name}`);
  return text.replace(line, () => `${name}=${value}`);
}

function secret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** An Ed25519 key as PKCS#8 PEM on one line. */
function signingKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim().replaceAll('\n', '\\n');
}
