import Table from 'cli-table3';

/** A table without lines between its rows; the named columns are set to the left, the others to the right. */
export function compactTable(head: readonly string[], leftColumns: readonly number[]): Table.Table {
  const { isTTY } = process.stdout;
  return new Table({
    head: [...head],
    colAligns: head.map((_, column) => (leftColumns.includes(column) ? 'left' : 'right')),
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: isTTY ? { head: ['bold'], border: ['gray'] } : { head: [], border: [] },
  });
}
