/** Times and sizes as people write and read them. */

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** `1h30m`, `500ms`, `7d`, or a number of seconds, in milliseconds; null when it is none of them. */
export function durationMs(text: string): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000
  if (!/^(\d+(\.\d+)?(ms|[smhdw]))+$/.test(text)) return null
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g))
    total += Number(amount) * UNITS_MS[unit!]!
  return total
}

/**
 * A moment in milliseconds since 1970: `1700000000000` (milliseconds), `2026-01-31`, `2026-01-31T12:00:00Z`, `now`, or a duration that stands for so long ago (`1h`, `-1h`).
 * Null when it is none of them.
 */
export function momentMs(text: string, nowMs: number): number | null {
  if (text === 'now') return nowMs
  if (/^\d{6,}$/.test(text)) return Number(text)
  const ago = /[a-z]$/.test(text) ? durationMs(text.replace(/^-/, '')) : null
  if (ago !== null) return nowMs - ago
  const parsed = /^\d{4}-\d{2}/.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN
  return Number.isNaN(parsed) ? null : parsed
}

/** `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : 1)} ${units[unit]}`
}

/** `12,345`. */
export function formatCount(count: number): string {
  const [whole = '', fraction] = String(count).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

/** `350 ms`, `12.3 s`, `4m 10s`, `2h 5m`, `3d 4h`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0 s'
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1).replace(/\.0$/, '')} s`
  const steps: [number, string, number, string][] = [
    [3_600_000, 'm', 60_000, 's'],
    [86_400_000, 'h', 3_600_000, 'm'],
    [Number.POSITIVE_INFINITY, 'd', 86_400_000, 'h'],
  ]
  const [, large, largeMs, small] = steps.find(([below]) => ms < below)!
  const smallMs = { s: 1000, m: 60_000, h: 3_600_000 }[small]!
  const rest = Math.floor((ms % largeMs) / smallMs)
  return `${Math.floor(ms / largeMs)}${large}${rest === 0 ? '' : ` ${rest}${small}`}`
}

/** `2026-01-31T12:00:00.000Z`, or the number where it is beyond the calendar. */
export function formatTimestamp(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms)
}

/** `1 topic`, `2 topics`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** What a setting means, where its number is hard to read: `604800000 (7d)`. */
export function readableSetting(key: string, value: string | null): string | null {
  if (value === null || !/^-?\d+$/.test(value)) return value
  const number = Number(value)
  const isTime = key.endsWith('.ms')
  const isSize = key.endsWith('.bytes')
  if (number === -1 && /retention|max/.test(key)) return `${value} (no limit)`
  if (isTime && number >= 1000) return number > 8.64e15 ? `${value} (for ever)` : `${value} (${formatDuration(number)})`
  return isSize && number >= 1024 ? `${value} (${formatBytes(number)})` : value
}
