/** Which options need or exclude each other, told in Kafka's words. */
import type { ParsedOptions } from './parse-options.ts'
import { UsageError } from './usage-error.ts'

/** Throws UsageError for the first option that is missing. */
export function requireOptions(options: ParsedOptions, names: readonly string[]): void {
  for (const name of names) if (!options.has(name)) throw new UsageError(`Missing required argument "[${name}]"`)
}

/** Throws UsageError when `used` stands together with one of `excluded`. */
export function excludeOptions(options: ParsedOptions, used: string, excluded: readonly string[]): void {
  if (!options.has(used)) return
  for (const name of excluded) {
    if (options.has(name)) throw new UsageError(`Option "[${used}]" can't be used with option "[${name}]"`)
  }
}

/** The only one of `actions` that was given. Throws UsageError with `message` otherwise. */
export function onlyAction(options: ParsedOptions, actions: readonly string[], message: string): string {
  const given = actions.filter((name) => options.has(name))
  if (given.length !== 1) throw new UsageError(message)
  return given[0]!
}
