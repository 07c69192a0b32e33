import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The claims of a permit, as a tool server reads them. */
export interface Permit {
  readonly iss: string;
  readonly sub: string;
  readonly action_id: string;
  readonly action_type: string;
  readonly payload_sha256: string | null;
  readonly event_id: number;
  readonly event_hash: string;
  readonly iat: number;
  readonly exp: number;
}

export type PermitCheck = (token: string, actionType: string, payload?: object) => Permit;

/** The check of the example that ships, with the keys of a running server. */
export async function permitCheck(url: string, origin: string): Promise<PermitCheck> {
  const example = pathToFileURL(resolve('examples/verify-permit.mjs')).href;
  const { permitChecker } = (await import(example)) as {
    permitChecker: (url: string, origin: string) => Promise<PermitCheck>;
  };
  return permitChecker(url, origin);
}
