import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { LoggedEvent } from '../../event-log/verification/event-check.rules.js';
import { CliError } from '../cli-error.js';

const LineSchema = z.object({ id: z.int().positive(), hash: z.string().regex(/^[0-9a-f]{64}$/), body: z.string() });

/** An event of an export, and the bytes of the file up to its end. */
export interface ExportedEvent extends LoggedEvent {
  readonly bytes: number;
}

/**
 * The events of an export, line by line.
 * @throws CliError when the file cannot be read, or a line is none of an export
 */
export async function* readExport(path: string): AsyncGenerator<ExportedEvent> {
  const input = path === '-' ? process.stdin : createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Infinity });
  let [number, bytes] = [0, 0];
  try {
    for await (const text of lines) {
      number += 1;
      bytes += Buffer.byteLength(text) + 1;
      if (text === '') continue;
      const line = parsed(text);
      if (!line) throw new CliError(`${path}, line ${number}: this is no line of an export`);
      yield { id: line.id, hash: Buffer.from(line.hash, 'hex'), body: line.body, bytes };
    }
  } catch (error) {
    if (error instanceof CliError || (error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new CliError(`cannot read ${path}: ${(error as Error).message}`);
  }
}

function parsed(text: string): z.infer<typeof LineSchema> | null {
  try {
    return LineSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
