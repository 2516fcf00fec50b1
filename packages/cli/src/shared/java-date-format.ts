/** Dates by the patterns of Java's SimpleDateFormat, in the local time zone. */
import { ToolError } from '../options/usage-error.ts'

export type DateFormat = (timestampMs: number) => string

const MONTHS = 'January February March April May June July August September October November December'.split(' ')
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
const SHORT = 3

const number = (value: number, width: number): string => String(value).padStart(width, '0')
const name = (text: string, width: number): string => (width > SHORT ? text : text.slice(0, SHORT))

const LETTERS: Readonly<Record<string, (date: Date, width: number) => string>> = {
  G: () => 'AD',
  y: (date, width) => (width === 2 ? number(date.getFullYear() % 100, 2) : number(date.getFullYear(), width)),
  M: (date, width) => (width >= SHORT ? name(MONTHS[date.getMonth()]!, width) : number(date.getMonth() + 1, width)),
  d: (date, width) => number(date.getDate(), width),
  D: (date, width) => number(dayOfYear(date), width),
  E: (date, width) => name(DAYS[date.getDay()]!, width),
  u: (date, width) => number(date.getDay() === 0 ? 7 : date.getDay(), width),
  a: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  H: (date, width) => number(date.getHours(), width),
  k: (date, width) => number(date.getHours() === 0 ? 24 : date.getHours(), width),
  K: (date, width) => number(date.getHours() % 12, width),
  h: (date, width) => number(date.getHours() % 12 === 0 ? 12 : date.getHours() % 12, width),
  m: (date, width) => number(date.getMinutes(), width),
  s: (date, width) => number(date.getSeconds(), width),
  S: (date, width) => number(date.getMilliseconds(), width),
  z: (date) => new Intl.DateTimeFormat('en', { timeZoneName: 'short' }).formatToParts(date).at(-1)!.value,
  Z: (date) => offset(date, ''),
  X: (date, width) =>
    date.getTimezoneOffset() === 0
      ? 'Z'
      : offset(date, width === SHORT ? ':' : '').slice(0, width === 1 ? SHORT : undefined),
}

/** Throws ToolError for a letter that stands for nothing. */
export function javaDateFormat(pattern: string): DateFormat {
  const parts: ((date: Date) => string)[] = []
  for (const [piece] of pattern.matchAll(/'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+/g)) {
    if (/^[A-Za-z]/.test(piece)) {
      const letter = LETTERS[piece[0]!]
      if (letter === undefined) throw new ToolError(`Illegal pattern character '${piece[0]}'`)
      parts.push((date) => letter(date, piece.length))
    } else {
      const text = piece === "''" ? "'" : piece.replace(/^'(.*)'$/s, '$1').replaceAll("''", "'")
      parts.push(() => text)
    }
  }
  return (timestampMs) => {
    const date = new Date(timestampMs)
    return parts.map((part) => part(date)).join('')
  }
}

function dayOfYear(date: Date): number {
  const start = Date.UTC(date.getFullYear(), 0, 1)
  return (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - start) / 86_400_000 + 1
}

function offset(date: Date, separator: string): string {
  const minutes = -date.getTimezoneOffset()
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${number(Math.floor(size / 60), 2)}${separator}${number(size % 60, 2)}`
}
