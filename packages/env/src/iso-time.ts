/** A time as ISO 8601 has it, in UTC. */

/**
 * What `new Date(timeMs).toISOString()` gives. V8 of Node 20 looks up the name of the local time zone for that, in tables that are
 * a megabyte of memory and some milliseconds: too much for the first line of a log.
 */
export function isoTime(timeMs: number): string {
  const date = new Date(timeMs)
  const year = date.getUTCFullYear()
  // Not a time, or with a sign before its year.
  if (!(year >= 0 && year <= 9999)) return date.toISOString()
  const day = `${digits(year, 4)}-${digits(date.getUTCMonth() + 1, 2)}-${digits(date.getUTCDate(), 2)}`
  const time = `${digits(date.getUTCHours(), 2)}:${digits(date.getUTCMinutes(), 2)}:${digits(date.getUTCSeconds(), 2)}`
  return `${day}T${time}.${digits(date.getUTCMilliseconds(), 3)}Z`
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0')
}
