import { isIP } from 'node:net';
import { z } from 'zod';
import { LOG_LEVELS } from './config.js';
import { originProblem, parseSigningKey } from './signing-key.js';

/** Shortest SECRET_KEY, in characters. */
const SECRET_KEY_MIN = 32;
/** Shortest METRICS_TOKEN, in characters: 16 random ones of base64 are 96 bits. */
const METRICS_TOKEN_MIN = 16;
/** Longest life of an unfinished action, in seconds: a week. */
const ACTION_TTL_MAX = 604_800;
/** Longest life of a permit, in seconds: an hour. That long a permit that is out outlives a quarantine. */
export const LEASE_SECONDS_MAX = 3_600;
/** Longest pause between two audits of what is new, in seconds: an hour. */
const SELF_AUDIT_MAX = 3_600;
/** Longest pause between two audits of everything, in seconds: a week. */
const FULL_AUDIT_MAX = 604_800;
/** Origin of a development log. */
const DEVELOPMENT_ORIGIN = 'echo-substrate.localhost/log';

const flag = z.enum(['true', 'false'], { error: 'must be true or false' }).transform((text) => text === 'true');

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be from ${min} to ${max}`);

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const origins = list.refine((items) => items.every(isWebOrigin), {
  error: 'must be origins such as https://app.example.com, separated by commas; * is refused',
});

const proxies = list.refine((items) => items.every(isProxy), {
  error: 'must be addresses, subnets such as 10.0.0.0/8, or loopback, linklocal, uniquelocal, separated by commas',
});

const witnesses = list.transform((items, context) =>
  items.flatMap((item) => {
    const [vkey = '', url = '', ...rest] = item.split(/\s+/);
    if (rest.length === 0 && /^[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}$/.test(vkey) && isHttpUrl(url))
      return [{ vkey, url }];
    context.addIssue('must be witnesses as "<verifier key> <URL>", separated by commas');
    return [];
  }),
);

/** Every variable that the server reads. All may also be given as `NAME_FILE`, the path of a file that holds the value. */
export const VARIABLES = {
  NODE_ENV: z
    .enum(['development', 'production', 'test'], { error: 'must be development or production' })
    .default('development'),
  DATABASE_URL: z
    .string()
    .refine(
      isPostgresUrl,
      'must be a URL such as postgresql://user:password@host:5432/database; only PostgreSQL will do',
    )
    .optional(),
  SUBSTRATE_DATA: z.string().default('./data'),
  MIGRATE_ON_START: flag.default(true),
  API_HOST: z.string().optional(),
  API_PORT: whole(0, 65_535).default(8000),
  SECRET_KEY: z.string().min(SECRET_KEY_MIN, `must have at least ${SECRET_KEY_MIN} characters`).optional(),
  LOG_SIGNING_KEY: z.string().transform(signingKey).optional(),
  LOG_SIGNING_KEY_PREVIOUS: z.string().transform(signingKey).optional(),
  LOG_ORIGIN: z
    .string()
    .superRefine((text, context) => {
      const problem = originProblem(text);
      if (problem !== null) context.addIssue(problem);
    })
    .optional(),
  CHECKPOINT_FILE: z.string().optional(),
  WITNESSES: witnesses.default([]),
  ALLOWED_ORIGINS: origins.default([]),
  TRUSTED_PROXIES: proxies.default([]),
  ACTION_TTL_SECONDS: whole(1, ACTION_TTL_MAX).default(900),
  LEASE_SECONDS: whole(1, LEASE_SECONDS_MAX).default(60),
  SELF_AUDIT_SECONDS: whole(1, SELF_AUDIT_MAX).default(60),
  FULL_AUDIT_SECONDS: whole(1, FULL_AUDIT_MAX).default(86_400),
  METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
    .min(METRICS_TOKEN_MIN, `must have at least ${METRICS_TOKEN_MIN} characters`)
    .optional(),
  BOOTSTRAP_USERNAME: z.string().optional(),
  BOOTSTRAP_PASSWORD: z.string().optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info'),
} as const;

/** The variables, and what they must be together. */
export const ENVIRONMENT = z.object(VARIABLES).superRefine((env, context) => {
  const missing = (name: string): void =>
    context.addIssue({ code: 'custom', path: [name], message: 'is required in production' });
  if (env.NODE_ENV === 'production') {
    for (const name of ['DATABASE_URL', 'SECRET_KEY', 'LOG_SIGNING_KEY', 'LOG_ORIGIN'] as const) {
      if (env[name] === undefined) missing(name);
    }
  }
  if ((env.BOOTSTRAP_USERNAME === undefined) !== (env.BOOTSTRAP_PASSWORD === undefined)) {
    const name = env.BOOTSTRAP_USERNAME === undefined ? 'BOOTSTRAP_USERNAME' : 'BOOTSTRAP_PASSWORD';
    context.addIssue({
      code: 'custom',
      path: [name],
      message: 'is needed too: the first user has a name and a password',
    });
  }
});

/** Origin of the log where none is configured: only a development start goes without. */
export const defaultOrigin = (): string => DEVELOPMENT_ORIGIN;

function signingKey(text: string, context: z.RefinementCtx): string {
  try {
    return parseSigningKey(text);
  } catch (error) {
    context.addIssue(error instanceof Error ? error.message : 'is not a key');
    return z.NEVER;
  }
}

/** By its scheme alone: a URL with a socket (`postgresql://user@/database?host=/folder`) is none by the WHATWG's rules. */
function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:\/\/\S+$/.test(text);
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function isWebOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;
}

function isProxy(text: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text)) return true;
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
