import { open, stat } from 'node:fs/promises';

/** Lines of the log in an error. */
const LINES = 12;
/** The most that is read of a log, in bytes. */
const BYTES_MAX = 16_384;

/** What a server wrote to its log since a moment. */
export class LogTail {
  private constructor(
    readonly file: string,
    private readonly from: number,
  ) {}

  /** From now on. */
  static async of(file: string): Promise<LogTail> {
    const size = await stat(file).then(
      (found) => found.size,
      () => 0,
    );
    return new LogTail(file, size);
  }

  /** Its last lines, with the name of the file. */
  async text(): Promise<string> {
    const log = await open(this.file, 'r');
    try {
      const { size } = await log.stat();
      const from = Math.max(this.from, size - BYTES_MAX);
      const { buffer, bytesRead } = await log.read({ buffer: Buffer.alloc(BYTES_MAX), position: from });
      const lines = buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').slice(-LINES);
      return [`The last lines of ${this.file}:`, ...lines.map((line) => `  ${line}`)].join('\n');
    } finally {
      await log.close();
    }
  }
}
