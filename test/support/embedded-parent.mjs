// A process that starts an embedded PostgreSQL in the folder that it is given, says so, and lives on until it is killed.
import { startEmbeddedPostgres } from '../../dist/src/platform/database/embedded-postgres.js';

const { url } = await startEmbeddedPostgres({ dataDir: process.argv[2] });
process.stdout.write(`${url}\n`);
