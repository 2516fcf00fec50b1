/** Colours of a terminal; where there are none, text stays as it is. */

export interface Style {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const

export const plainStyle: Style = paint(() => (text) => text)
export const colourStyle: Style = paint(
  ([on, off]) =>
    (text) =>
      text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`,
)

function paint(make: (codes: readonly [number, number]) => (text: string) => string): Style {
  return Object.fromEntries(Object.entries(CODES).map(([name, codes]) => [name, make(codes)])) as unknown as Style
}

export type ColourChoice = 'auto' | 'always' | 'never'

/** Whether a stream gets colours: the option, then NO_COLOR, then FORCE_COLOR, then whether a terminal shows it. */
export function hasColours(
  choice: ColourChoice,
  variables: Readonly<Record<string, string | undefined>>,
  columns: number | undefined,
): boolean {
  if (choice !== 'auto') return choice === 'always'
  if ((variables['NO_COLOR'] ?? '') !== '') return false
  const forced = variables['FORCE_COLOR']
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false'
  return columns !== undefined && variables['TERM'] !== 'dumb'
}
