import { parentPort, workerData } from 'node:worker_threads';
import './data-source.js';
import { derivedTables } from './event-log/table.js';
import { auditDatabase } from './event-log/verification/audit-database.js';
import type { Anchors } from './event-log/verification/log-walk.js';

/** What the thread is told. */
interface FullAuditData {
  readonly url: string;
  readonly anchors: Anchors;
}

/** A thread that audits the whole database once and answers the findings and the point up to which the log holds. */
const { url, anchors } = workerData as FullAuditData;
// Buffers become plain bytes on their way into a thread.
const checkpoints = anchors.checkpoints.map((c) => ({ ...c, root: Buffer.from(c.root) }));
const { findings, walk } = await auditDatabase(url, { tables: derivedTables(), anchors: { ...anchors, checkpoints } });
parentPort?.postMessage({ findings, eventId: walk.size, hash: walk.head, range: walk.range });
