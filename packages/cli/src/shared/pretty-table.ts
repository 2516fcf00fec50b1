/** Tables with padded columns, each cell followed by a tab, as kafka-transactions and kafka-metadata-quorum print them. */

export function prettyTable(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]!.length)))
  return [header, ...rows].map((row) => row.map((cell, at) => `${cell.padEnd(widths[at]!)}\t`).join(''))
}
