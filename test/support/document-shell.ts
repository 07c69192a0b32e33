import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Code blocks of a Markdown file in one language, of one section or of all of it. */
export async function blocksOf(path: string, language: string, section?: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  const [, part = ''] =
    section === undefined ? ['', text] : (new RegExp(`## ${section}\\n([\\s\\S]*?)\\n## `).exec(text) ?? []);
  return [...part.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((m) => m[1] ?? '');
}

/** Runs blocks in one shell, as somebody who pastes them; answers what each printed. @throws Error when one fails */
export function runBlocks(
  blocks: readonly string[],
  cwd: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<string[]> {
  const script = blocks.map((block) => `${block}\necho; echo '---8<---'`).join('\n');
  const shell = spawn('bash', ['-eu', '-o', 'pipefail', '-c', script], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...environment },
  });
  let output = '';
  shell.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  shell.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    shell.once('close', (code) => {
      if (code === 0) resolve(output.split('---8<---'));
      else reject(new Error(`the shell ended with ${code}: ${output}`));
    });
  });
}
