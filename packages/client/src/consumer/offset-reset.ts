/** Where to begin where there is no committed offset, or where it is gone from the log. */
import { ArgumentError } from '../errors.ts'

/**
 * `none` rejects with NoOffsetError. A duration (`{ byDurationMs: 3_600_000 }`, or Kafka's text `by_duration:PT1H`, KIP-1106) means the first record that is at
 * most so old, or the end where there is none.
 */
export type OffsetReset = 'earliest' | 'latest' | 'none' | `by_duration:${string}` | { readonly byDurationMs: number }

export type ResetPolicy =
  | { readonly kind: 'earliest' | 'latest' | 'none' }
  | { readonly kind: 'by-duration'; readonly durationMs: number }

const DURATION = /^by_duration:P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i

/** Throws {@link ArgumentError}. */
export function resetPolicy(reset: OffsetReset): ResetPolicy {
  if (reset === 'earliest' || reset === 'latest' || reset === 'none') return { kind: reset }
  const durationMs = typeof reset === 'string' ? parsedMs(reset) : reset.byDurationMs
  if (durationMs >= 0) return { kind: 'by-duration', durationMs }
  const text = typeof reset === 'string' ? reset : JSON.stringify(reset)
  throw new ArgumentError(`autoOffsetReset is earliest, latest, none or a duration as by_duration:PT1H, not ${text}`)
}

function parsedMs(text: string): number {
  const parts = DURATION.exec(text)
  if (parts === null) return Number.NaN
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0))
  return Math.round((((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000)
}
