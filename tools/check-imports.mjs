#!/usr/bin/env node
// The import rules: imports go down only, and among organs only through index.js. `npm run imports`; exit 1 names each breach.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** What each layer may import, besides itself. */
const MAY = {
  platform: [],
  'event-log': ['platform'],
  access: ['event-log', 'platform'],
  health: ['access', 'event-log', 'platform'],
  metrics: ['access', 'event-log', 'platform'],
  cli: ['event-log', 'platform'],
  identity: ['access', 'event-log', 'platform'],
  agents: ['access', 'event-log', 'platform'],
  metabolism: ['agents', 'access', 'event-log', 'platform'],
  immune: ['metabolism', 'agents', 'access', 'event-log', 'platform'],
  arbiter: ['immune', 'metabolism', 'agents', 'access', 'event-log', 'platform'],
  audit: ['arbiter', 'access', 'event-log', 'platform'],
  actions: ['arbiter', 'immune', 'metabolism', 'agents', 'access', 'event-log', 'platform'],
  migrations: [],
};

/** Files that stand above the rules: they put the parts together. */
const TOP = /^src\/[^/]+\.ts$|^(test|bench)\//;
/** Imports that a layer may make although its line above forbids them, each with its reason. */
const EXCEPT = [
  // The one list of migrations; they are SQL and import nothing of ours.
  ['src/platform/database/migrate.ts', 'migrations/index.ts'],
  // The one list of entities; the verifier and the rebuild need what they say of columns, and nothing that does something.
  ['src/cli/derived-tables.ts', 'src/data-source.ts'],
];

/** Parts of an organ that are functions of the log alone, with neither database nor clock: the command line plays traces to them. */
const PURE = [['cli', 'src/organs/immune/detection/']];

const layerOf = (file) =>
  /^src\/organs\/([^/]+)\//.exec(file)?.[1] ??
  /^src\/([^/]+)\//.exec(file)?.[1] ??
  /^(migrations)\//.exec(file)?.[1] ??
  null;

const sources = (folder) =>
  readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));

const importsOf = (file) =>
  [
    ...readFileSync(join(root, file), 'utf8').matchAll(
      /\bfrom '(\.[^']+)'|\bimport\('(\.[^']+)'\)|^import '(\.[^']+)'/gm,
    ),
  ]
    .map((m) => m[1] ?? m[2] ?? m[3])
    .map((path) => relative(root, join(root, dirname(file), path)).replace(/\.js$/, '.ts'));

function breachOf(file, target) {
  if (TOP.test(file) || EXCEPT.some(([from, to]) => from === file && to === target)) return null;
  const from = layerOf(file);
  const to = layerOf(target);
  if (from === null || !(from in MAY)) return `${file}: no layer known; name it in tools/check-imports.mjs`;
  if (TOP.test(target)) return `${file} imports ${target}, which stands above it`;
  if (from === to || PURE.some(([layer, folder]) => from === layer && target.startsWith(folder))) return null;
  if (!MAY[from].includes(to)) return `${file} imports ${target}: ${from} may not import ${to}`;
  const isOrgan = target.startsWith('src/organs/');
  if (isOrgan && !target.endsWith(`organs/${to}/index.ts`))
    return `${file} imports ${target}: organs are imported through their index`;
  return null;
}

const files = ['src', 'migrations'].flatMap(sources).filter((file) => !file.endsWith('.spec.ts'));
const edges = files.flatMap((file) => importsOf(file).map((target) => [file, target]));
const breaches = edges.map(([file, target]) => breachOf(file, target)).filter((b) => b !== null);

/** Circles among files, by depth-first search. */
const graph = Map.groupBy
  ? Map.groupBy(edges, ([file]) => file)
  : edges.reduce((m, e) => m.set(e[0], [...(m.get(e[0]) ?? []), e]), new Map());
const done = new Set();
function walk(file, path) {
  if (path.includes(file)) {
    breaches.push(`circle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`);
    return;
  }
  if (done.has(file)) return;
  for (const [, target] of graph.get(file) ?? []) walk(target, [...path, file]);
  done.add(file);
}
for (const file of files) walk(file, []);

for (const breach of breaches) console.error(breach);
console.log(`${files.length} files, ${edges.length} imports, ${breaches.length} breaches`);
process.exit(breaches.length > 0 ? 1 : 0);
