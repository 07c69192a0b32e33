import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of an installed Chromium, or null. `CHROMIUM` may name another. */
export function installedChromium() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const known = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => folders.map((f) => join(f, name)));
  return [process.env.CHROMIUM ?? '', ...known].find((path) => path !== '' && existsSync(path)) ?? null;
}
