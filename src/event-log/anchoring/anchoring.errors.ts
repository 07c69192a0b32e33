/** Thrown when the log is not what was signed before: events are gone, or others than they were. Nothing may go on then. */
export class BrokenPromiseError extends Error {
  constructor(reason: string) {
    super(`${reason}. Nothing goes on until npm run recover says in the log what was lost`);
  }
}

/** Thrown when this replica's key is not the one that signs the log now. */
export class WrongKeyError extends Error {}
