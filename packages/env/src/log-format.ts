/**
 * The two forms of a log line: JSON for machines, columns for people. Strings may come from clients: whatever could start a
 * line, move a cursor, or change the direction of text is escaped, and long values are cut.
 */
import { isoTime } from './iso-time.ts'
import type { LogLine } from './structured-logger.ts'

export type LogFormat = 'json' | 'people'

/** Renders a line, without the newline at its end. */
export type LogFormatter = (line: LogLine) => string

const VALUE_CHARS_MAX = 2048
const DEPTH_MAX = 5
const ITEMS_MAX = 100

// Control characters, line and paragraph separators, marks that change the direction of text, lone surrogates.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be found
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu

const OWN_KEYS = new Set(['time', 'level', 'logger', 'message'])
const COLOURS: Readonly<Record<string, string>> = {
  trace: '\x1b[90m',
  debug: '\x1b[36m',
  info: '\x1b[32m',
  warn: '\x1b[33m',
  error: '\x1b[31m',
  fatal: '\x1b[35m',
}
const DIM = '\x1b[2m'
const RESET = '\x1b[0m'

export function formatJson(line: LogLine): string {
  const entry: Record<string, unknown> = {
    time: isoTime(line.timeMs),
    level: line.level,
    logger: line.logger,
    message: shorten(line.message),
  }
  for (const [key, value] of Object.entries(line.fields)) entry[OWN_KEYS.has(key) ? `${key}_` : key] = plain(value, 0)
  return escapeUnsafe(JSON.stringify(entry))
}

/** Columns; with `colour` for a terminal. An error's stack follows on lines of its own. */
export function peopleFormatter(options: { readonly colour: boolean }): LogFormatter {
  const paint = (code: string, text: string): string => (options.colour ? `${code}${text}${RESET}` : text)
  return (line) => {
    const time = isoTime(line.timeMs).replace('T', ' ').slice(0, -1)
    const level = line.level.toUpperCase().padEnd(5)
    const head = `${paint(DIM, time)} ${paint(COLOURS[line.level] ?? '', level)} ${paint(DIM, `[${line.logger}]`)}`
    let text = `${head} ${escapeUnsafe(shorten(line.message))}`
    let stacks = ''
    for (const [key, value] of Object.entries(line.fields)) {
      if (value === undefined) continue
      text += ` ${paint(DIM, `${escapeUnsafe(shorten(key))}=`)}${quoted(value)}`
      if (value instanceof Error && value.stack !== undefined) stacks += stackLines(value)
    }
    return text + stacks
  }
}

function quoted(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(escapeUnsafe(shorten(value.message)))
  const simple = plain(value, 0)
  if (typeof simple !== 'string') return escapeUnsafe(JSON.stringify(simple))
  return /^[^\s"=]+$/.test(simple) ? escapeUnsafe(simple) : escapeUnsafe(JSON.stringify(simple))
}

function stackLines(error: Error): string {
  let lines = ''
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < DEPTH_MAX; at = at.cause, depth++) {
    const stack = shorten(at.stack ?? at.message).split('\n')
    lines += stack
      .map((line, index) => `\n    ${index === 0 && depth > 0 ? 'caused by ' : ''}${escapeUnsafe(line)}`)
      .join('')
  }
  return lines
}

/** The value as JSON can hold it: bounded in depth, items and length, never throwing. */
function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return shorten(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'function' || typeof value === 'symbol') return String(value).slice(0, 80)
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Error) return plainError(value, depth)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : isoTime(value.getTime())
  if (ArrayBuffer.isView(value)) return plainBytes(value)
  if (depth >= DEPTH_MAX) return '…'
  if (value instanceof Map)
    return plainObject(
      [...value].slice(0, ITEMS_MAX).map(([k, v]) => [String(k), v]),
      depth,
    )
  if (Array.isArray(value) || value instanceof Set) {
    return [...value].slice(0, ITEMS_MAX).map((item) => plain(item, depth + 1))
  }
  return plainObject(Object.entries(value).slice(0, ITEMS_MAX), depth)
}

function plainObject(entries: [string, unknown][], depth: number): Record<string, unknown> {
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item, depth + 1)]))
}

function plainError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error
  const code = 'code' in error ? error.code : undefined
  return {
    name,
    ...(code !== undefined && { code: plain(code, DEPTH_MAX) }),
    message: shorten(message),
    ...(stack !== undefined && { stack: shorten(stack) }),
    ...(cause !== undefined && depth < DEPTH_MAX && { cause: plain(cause, depth + 1) }),
  }
}

function plainBytes(view: ArrayBufferView): string {
  const bytes = Buffer.from(view.buffer, view.byteOffset, view.byteLength)
  return bytes.length > 64 ? `${bytes.toString('hex', 0, 64)}…(${bytes.length} bytes)` : bytes.toString('hex')
}

function shorten(text: string): string {
  if (text.length <= VALUE_CHARS_MAX) return text
  return `${text.slice(0, VALUE_CHARS_MAX)}…(${text.length} characters)`
}

/** JSON has escaped the ASCII control characters already; for plain text this does the same and more. */
function escapeUnsafe(text: string): string {
  return text.replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
