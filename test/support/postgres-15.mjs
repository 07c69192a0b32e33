import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The programs of an installed PostgreSQL 15, or null when pg_config finds no such server. */
export function installedPostgres15() {
  try {
    const binDir = execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim();
    const binaries = { initdb: join(binDir, 'initdb'), postgres: join(binDir, 'postgres') };
    if (!existsSync(binaries.initdb) || !existsSync(binaries.postgres)) return null;
    return / 15\./.test(execFileSync(binaries.postgres, ['--version'], { encoding: 'utf8' })) ? binaries : null;
  } catch {
    return null;
  }
}
