/** Tables with left-aligned columns, as kafka-consumer-groups prints them. */

/** A column: at least so wide, or as wide as its longest cell. The last one may go without padding. */
export interface Column {
  readonly title: string
  readonly minWidth: number
  readonly isPadded?: boolean
}

export const DEFAULT_WIDTH = 15
/** What stands for a value that is not there. */
export const MISSING = '-'

/** Lines of the table, title first. A column with a minimum of 10 or 20 keeps it: only names grow. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ minWidth }, index) => Math.max(minWidth, ...rows.map((row) => row[index]!.length)))
  const line = (cells: readonly string[]) =>
    cells.map((cell, index) => (columns[index]!.isPadded === false ? cell : cell.padEnd(widths[index]!))).join(' ')
  return [line(columns.map(({ title }) => title)), ...rows.map(line)]
}

export function column(title: string, minWidth = DEFAULT_WIDTH): Column {
  return { title, minWidth }
}

export function lastColumn(title: string): Column {
  return { title, minWidth: 0, isPadded: false }
}
