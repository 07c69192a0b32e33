import { decimalOfNano } from '../../platform/decimal.js';
import type { LedgerEntry } from './entities/ledger-entry.entity.js';

/** What each column of the export is, in order. */
const COLUMNS: Readonly<Record<string, (row: LedgerEntry) => string | null>> = {
  id: (row) => row.id,
  event_id: (row) => String(row.event_id),
  agent_id: (row) => row.agent_id,
  action_id: (row) => row.action_id,
  cost_type: (row) => row.cost_type,
  amount: (row) => decimalOfNano(row.amount_nano),
  unit: (row) => row.unit,
  occurred_at: (row) => row.occurred_at,
  booked_at: (row) => row.booked_at,
  estimated: (row) => String(row.estimated),
  model: (row) => row.model && harmless(row.model),
  price: (row) => row.pricing?.price ?? null,
  corrects: (row) => row.corrects,
  scopes: (row) => row.scopes.join(' '),
};

/** The first line of an export as CSV (RFC 4180). */
export const LEDGER_CSV_HEADER = `${Object.keys(COLUMNS).join(',')}\r\n`;

/** A row of the ledger as a line of CSV (RFC 4180); the amount is an exact decimal. */
export function ledgerCsvLine(row: LedgerEntry): string {
  return `${Object.values(COLUMNS)
    .map((cell) => quoted(cell(row) ?? ''))
    .join(',')}\r\n`;
}

/** A row of the ledger as a line of NDJSON; the amount is an exact decimal as a string. */
export function ledgerJsonLine({ amount_nano: amount, ...row }: LedgerEntry): string {
  return `${JSON.stringify({ ...row, amount: decimalOfNano(amount) })}\n`;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Spreadsheets run a text that begins like a formula. */
function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
