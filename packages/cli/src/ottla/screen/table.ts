/** Rows in columns. On a terminal they fit its width; elsewhere nothing is cut. */
import type { Style } from './style.ts'
import { fitText, oneLine, textWidth } from './text-width.ts'

export interface Column<T> {
  readonly title: string
  readonly text: (row: T) => string | number | null | undefined
  readonly align?: 'right'
  /** Colour of a cell that was laid out. */
  readonly paint?: (text: string, row: T, style: Style) => string
  /** May be cut when the terminal is narrow; the widest first. */
  readonly isFlexible?: boolean
}

export interface TableOptions {
  readonly style: Style
  /** Undefined: as wide as it gets. */
  readonly columns: number | undefined
}

const GAP = '  '
const NARROWEST = 8

/** Lines without line ends. */
export function formatTable<T>(columns: readonly Column<T>[], rows: readonly T[], options: TableOptions): string[] {
  const { style } = options
  const cells = rows.map((row) => columns.map(({ text }) => cellText(text(row))))
  const natural = columns.map(({ title }, at) =>
    Math.max(textWidth(title), ...cells.map((line) => textWidth(line[at]!))),
  )
  const widths = options.columns === undefined ? natural : narrowed(columns, natural, options.columns)
  const place = (text: string, at: number) => {
    const cut = fitText(text, widths[at]!)
    const gap = ' '.repeat(Math.max(0, widths[at]! - textWidth(cut)))
    const isLast = at === columns.length - 1
    return columns[at]!.align === 'right' ? gap + cut : isLast ? cut : cut + gap
  }
  const head = columns.map(({ title }, at) => style.bold(place(title, at))).join(GAP)
  const body = rows.map((row, index) =>
    columns
      .map(({ paint }, at) => {
        const placed = place(cells[index]![at]!, at)
        return paint === undefined ? placed : paint(placed, row, style)
      })
      .join(GAP),
  )
  return [head, ...body].map((line) => line.trimEnd())
}

/** Pairs of a name and a value, the values below each other. */
export function formatPairs(
  pairs: readonly (readonly [string, string | number | null])[],
  { style }: TableOptions,
): string[] {
  const width = Math.max(...pairs.map(([name]) => textWidth(name)))
  return pairs.map(
    ([name, value]) => `${style.dim(name.padEnd(width))}${GAP}${value === null || value === '' ? '-' : value}`,
  )
}

function cellText(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === '') return '-'
  return oneLine(String(value))
}

/** Takes from the widest flexible columns until the whole fits. */
function narrowed<T>(columns: readonly Column<T>[], natural: readonly number[], total: number): number[] {
  const widths = [...natural]
  let over = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1) - total
  while (over > 0) {
    let widest = -1
    columns.forEach(({ isFlexible }, at) => {
      const canShrink = isFlexible === true && widths[at]! > NARROWEST
      if (canShrink && (widest === -1 || widths[at]! > widths[widest]!)) widest = at
    })
    if (widest === -1) return widths
    widths[widest]! -= 1
    over -= 1
  }
  return widths
}
