/** Names in a mirror's folder, beside `tile/` as C2SP tlog-tiles has it. */

/** The newest checkpoint, whose events are all there. */
export const CHECKPOINT = 'checkpoint';
/** Every checkpoint that was ever fetched, one a file. */
export const CHECKPOINTS = 'checkpoints';
