/** Exit codes of the commands, as their `--help` documents them. */
export const EXIT = { ok: 0, failed: 1, unusable: 2 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a message for the person at the terminal and without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.unusable,
  ) {
    super(message);
  }
}
