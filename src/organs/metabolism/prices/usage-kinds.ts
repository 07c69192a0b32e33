/**
 * Kinds of usage as providers count them, with names and price keys as genai-prices has them. A kind is made of tags: what has all
 * tags of another kind and more is a part of it (`cache_read_tokens` are some of the `input_tokens`).
 */
export interface UsageKind {
  readonly name: string;
  /** Name of its price in a price card. */
  readonly priceKey: string;
  /** How many a price is for. */
  readonly per: bigint;
  readonly tags: ReadonlySet<string>;
}

/** The kind that a card with a price for it counts once for every usage; nobody reports it. */
export const REQUESTS = 'requests';

const MODALITIES = ['', 'text', 'audio', 'image', 'video'];

/** Suffixes of kinds, those of their price keys, and how many a price is for. */
const SUFFIXES = {
  tokens: ['mtok', 1_000_000n],
  characters: ['mchars', 1_000_000n],
  seconds: ['hours', 3_600n],
  pixels: ['gpixels', 1_000_000_000n],
  pages: ['kpages', 1_000n],
} as const;

/** Kinds that are counted by the piece, each for itself. */
const PIECES = [
  REQUESTS,
  'code_executions',
  'input_text_messages',
  'rerank_searches',
  'social_searches',
  'storage_searches',
  'web_searches',
];

function measured(words: readonly string[], unit: keyof typeof SUFFIXES, tags: readonly string[]): UsageKind {
  const [suffix, per] = SUFFIXES[unit];
  const stem = words.filter((word) => word !== '').join('_');
  return {
    name: `${stem}_${unit}`,
    priceKey: `${stem}_${suffix}`,
    per,
    tags: new Set([unit, ...tags].filter((tag) => tag !== '')),
  };
}

function tokenKinds(): UsageKind[] {
  return MODALITIES.flatMap((modality) => [
    ...['', 'tool'].map((type) => measured(['input', modality, type], 'tokens', ['input', modality, type])),
    measured(['cache', modality, 'read'], 'tokens', ['input', modality, 'read']),
    ...['', '5m', '1h'].map((ttl) => {
      return measured(['cache', modality, 'write', ttl], 'tokens', ['input', modality, 'write', ttl]);
    }),
    ...['', 'reasoning', 'citation'].map((type) => {
      return measured(['output', modality, type], 'tokens', ['output', modality, type]);
    }),
  ]);
}

const ALL: readonly UsageKind[] = [
  ...tokenKinds(),
  ...['', 'input', 'output'].map((direction) => measured([direction, 'audio'], 'seconds', [direction])),
  measured(['input'], 'characters', ['input']),
  measured(['input'], 'pixels', ['input']),
  measured(['input', 'document'], 'pages', ['input']),
  measured(['input', 'annotated', 'document'], 'pages', ['input', 'annotated']),
  ...PIECES.map((name) => ({ name, priceKey: `${name}_kcount`, per: 1_000n, tags: new Set([name]) })),
];

/** Every kind by its name. */
export const USAGE_KINDS: ReadonlyMap<string, UsageKind> = new Map(ALL.map((kind) => [kind.name, kind]));
/** Every kind by the name of its price. */
export const PRICED_KINDS: ReadonlyMap<string, UsageKind> = new Map(ALL.map((kind) => [kind.priceKey, kind]));

/** Whether one kind is the other or a part of it. */
export function isWithin(part: UsageKind, whole: UsageKind): boolean {
  return [...whole.tags].every((tag) => part.tags.has(tag));
}
