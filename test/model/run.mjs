#!/usr/bin/env node
// Lives through as many random commands as asked, twice: by the model, and by the product on a real database. `npm run test:model`
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const HELP = `Usage: npm run test:model -- [--commands N] [--seed N]

Compares budgets on a real database with an independent model, to the nano-unit after every round of random commands. A
difference ends it with the shortest history that shows it, and its seed.

  --commands N   random commands (1000000)
  --seed N       where the random begins; another one each time unless given

Exit codes: 0 they agree, 1 they do not, 2 wrong usage.
`;

let values;
try {
  ({ values } = parseArgs({
    options: { commands: { type: 'string', default: '1000000' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  }));
} catch (error) {
  process.stderr.write(`${error.message}\n${HELP}`);
  process.exit(2);
}
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
if (![values.commands, values.seed ?? '1'].every((text) => /^\d{1,9}$/.test(text))) {
  process.stderr.write(`--commands and --seed take whole numbers\n${HELP}`);
  process.exit(2);
}
const jest = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings',
    'node_modules/jest/bin/jest.js',
    '--selectProjects',
    'int',
    '--testPathPatterns',
    'int/model',
  ],
  {
    stdio: 'inherit',
    env: { ...process.env, MODEL_COMMANDS: values.commands, ...(values.seed ? { MODEL_SEED: values.seed } : {}) },
  },
);
jest.once('exit', (code) => process.exit(code === 0 ? 0 : 1));
