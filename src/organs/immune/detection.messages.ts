import type { Finding } from './detection/finding.js';

/** What the thread of the detectors tells the server. */
export type FromDetection =
  | { readonly kind: 'found'; readonly findings: readonly Finding[] }
  | { readonly kind: 'trouble'; readonly detail: string };

/** What the server tells the thread: whether its findings are recorded; or to save what it knows and end. */
export type ToDetection = { readonly kind: 'recorded'; readonly all: boolean } | { readonly kind: 'stop' };
