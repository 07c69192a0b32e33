import type Table from 'cli-table3';
import { compactTable } from '../compact-table.js';
import { terminal } from '../terminal.js';
import type { Report } from './report.js';

/** Prints a report for people: what became of the commands, cost by agent, the ledger, and the log's verification. */
export function printReport(report: Report): void {
  terminal.out();
  terminal.out(commandTable(report).toString());
  terminal.out(agentTable(report).toString());
  if (report.models !== null && report.models.length > 0) terminal.out(modelTable(report.models).toString());
  for (const line of conclusion(report)) terminal.out(line);
  terminal.out();
}

/** Prints how the log is taken away and checked without trusting the server. */
export function printExportAdvice(url: string, auditor: string, keysPath: string): void {
  const get = `curl -sS -H "Authorization: Bearer $TOKEN" ${url}/api/v1/audit`;
  terminal.out(
    `To check the log elsewhere, log in as ${auditor} (the replay's own users have their passwords in ${keysPath}), then`,
  );
  terminal.out(`  ${get}/export -o export.ndjson`);
  terminal.out(`  ${get}/checkpoint -o checkpoint.txt`);
  terminal.out(`  ${get}/key -o key.txt`);
}

function commandTable({ counts, plan, refusals }: Report): Table.Table {
  const codes = Object.entries(refusals).map(([code, times]) => `${times} ${code}`);
  const rows: Array<[string, number, string]> = [
    ['authorized', counts.authorized, `of ${plan.starts} recorded starts`],
    ['denied', counts.denied, codes.join(', ')],
    ['settled', counts.settled, 'calls that ended, at their recorded cost'],
    [
      'failed',
      counts.failed + counts.never_ended,
      `${counts.failed} exceptions, ${counts.never_ended} that never ended`,
    ],
    ['charged', counts.charged, 'calls without a recorded start'],
    ['replayed', counts.replayed, 'answered as in an earlier run, nothing done twice'],
  ];
  const rest: typeof rows = [
    ['withheld', counts.withheld, 'not asked: the agent had been told to stand still'],
    ['not run', counts.not_run, 'their start was refused'],
    ['conflicts', counts.conflict, 'found their action completed already'],
    ['errors', counts.error, 'unexplained answers'],
    ['nothing to complete', plan.exceptionsWithoutStart, 'exceptions without an open start'],
    ['not begun', plan.startsCutByLimit, 'their end lies beyond --limit'],
  ];
  const table = compactTable(['commands', 'count', ''], [0, 2]);
  table.push(...rows, ...rest.filter(([, count]) => count > 0));
  return table;
}

function agentTable({ agents, unit, booked, ledger }: Report): Table.Table {
  const head = ['agent', 'authorized', 'denied', 'settled', 'failed', 'charged', `cost ${unit}`, `ledger ${unit}`];
  const table = compactTable(head, [0]);
  for (const { agentId, counts, booked: cost, ledger: inLedger } of agents) {
    const failed = counts.failed + counts.never_ended;
    table.push([
      agentId,
      counts.authorized,
      counts.denied,
      counts.settled,
      failed,
      counts.charged,
      cost,
      inLedger ?? '?',
    ]);
  }
  table.push(['all', '', '', '', '', '', booked, ledger?.total ?? '?']);
  return table;
}

function modelTable(models: NonNullable<Report['models']>): Table.Table {
  const table = compactTable(['model, priced', 'ledger usd'], [0]);
  table.push(...models.map(({ model, ledger }) => [model, ledger]));
  return table;
}

function conclusion(report: Report): string[] {
  const { counts, seconds, commandsPerSecond, unit, missed } = report;
  const lines = [`${counts.commands} commands in ${seconds.toFixed(1)} s: ${commandsPerSecond} commands/s`];
  if (missed !== '0') lines.push(terminal.paint('yellow', `${missed} ${unit} of recorded cost were not booked`));
  lines.push(...ledgerLine(report), verificationLine(report));
  if (report.stopped)
    lines.push(terminal.paint('yellow', 'stopped before the end; the same command within 24 h goes on from here'));
  if (report.problem !== null) lines.push(terminal.paint('red', `given up: ${report.problem}`));
  if (report.remarks.length > 0) lines.push('remarks:', ...report.remarks.map((remark) => `  ${remark}`));
  return lines;
}

function ledgerLine({ ledger, unit, plan }: Report): string[] {
  if (ledger === null) return [];
  if (ledger.difference === '0') {
    const same = `ledger: ${ledger.total} ${unit}, exactly the file's sum over ${plan.paidCalls} calls`;
    return [terminal.paint('green', same)];
  }
  const more = !ledger.difference.startsWith('-');
  const amount = more ? ledger.difference : ledger.difference.slice(1);
  const why = more ? 'other charges or expired holds of these agents are in it' : 'not all of the file has been booked';
  const line = `ledger: ${ledger.total} ${unit}, the file's sum is ${ledger.file}: ${amount} ${more ? 'more' : 'less'}, ${why}`;
  return [terminal.paint('yellow', line)];
}

function verificationLine({ verification, unverified }: Report): string {
  if (verification === null) return terminal.paint('yellow', `log: not verified, ${unverified ?? 'nobody asked'}`);
  const { valid, events_checked: checked, head, first_break: first, duration_ms: duration } = verification;
  if (valid)
    return terminal.paint('green', `log: valid, ${checked} events in ${duration} ms, head ${head.id} ${head.hash}`);
  return terminal.paint('red', `log: BROKEN at event ${first?.event_id ?? '?'}: ${first?.reason ?? 'no reason given'}`);
}
