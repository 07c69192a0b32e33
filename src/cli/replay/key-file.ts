import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { CliError } from '../cli-error.js';

/** Secrets: its owner alone may read and write the file. */
const MODE_OWNER_ONLY = 0o600;

const SecretsSchema = z.object({
  url: z.string(),
  /** The log's key, which differs for every substrate; null when it may not be read before logging in. */
  vkey: z.string().nullable(),
  users: z.record(z.string(), z.string()),
  agents: z.record(z.string(), z.string()),
});
type Secrets = z.infer<typeof SecretsSchema>;

const FileSchema = z.object({ version: z.literal(1), substrates: z.array(SecretsSchema) });

/** The secrets of one substrate in a local file that other substrates' secrets share, told apart by address and log key. */
export class KeyFile {
  private constructor(
    private readonly path: string,
    private readonly others: readonly Secrets[],
    private readonly own: Secrets,
  ) {}

  /** @throws CliError when the file exists and cannot be read as a key file */
  static async open(path: string, url: string, vkey: string | null): Promise<KeyFile> {
    const substrates = await load(path);
    const own = substrates.find((entry) => entry.url === url && entry.vkey === vkey);
    const others = substrates.filter((entry) => entry !== own);
    return new KeyFile(path, others, own ?? { url, vkey, users: {}, agents: {} });
  }

  password(username: string): string | null {
    return Object.hasOwn(this.own.users, username) ? (this.own.users[username] ?? null) : null;
  }

  agentKey(agentId: string): string | null {
    return Object.hasOwn(this.own.agents, agentId) ? (this.own.agents[agentId] ?? null) : null;
  }

  async keepPassword(username: string, password: string): Promise<void> {
    this.own.users[username] = password;
    await this.save();
  }

  async keepAgentKey(agentId: string, key: string): Promise<void> {
    this.own.agents[agentId] = key;
    await this.save();
  }

  /** Writes a new file and puts it in place of the old one, so that a crash leaves one of the two. */
  private async save(): Promise<void> {
    const text = `${JSON.stringify({ version: 1, substrates: [...this.others, this.own] }, null, 2)}\n`;
    // Still a name that git ignores, should a crash leave it behind.
    const draft = `${this.path.replace(/\.json$/, '')}.new.json`;
    await writeFile(draft, text, { mode: MODE_OWNER_ONLY });
    await chmod(draft, MODE_OWNER_ONLY);
    await rename(draft, this.path);
  }
}

async function load(path: string): Promise<Secrets[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return [];
    throw new CliError(`cannot read the key file: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return FileSchema.parse(JSON.parse(text)).substrates;
  } catch {
    throw new CliError(`${path} is not a key file of the replay: move it away or choose another with --keys`);
  }
}
