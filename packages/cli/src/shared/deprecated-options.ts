/** Old names of options that console tools still take, one of both at a time. */
import { type Io, printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'

export interface OldName {
  readonly old: string
  readonly current: string
}

/** `first`: which name the message begins with. Throws UsageError. */
export function checkOldNames(names: readonly OldName[], options: ParsedOptions, first: 'old' | 'current'): void {
  for (const { old, current } of names) {
    if (!options.has(old) || !options.has(current)) continue
    const both = first === 'old' ? [old, current] : [current, old]
    throw new UsageError(`Options --${both[0]} and --${both[1]} cannot be specified together.`)
  }
}

/** `lead`: how the warning begins. */
export function tellOldNames(
  names: readonly OldName[],
  lead: 'Option' | 'Warning:',
  to: { options: ParsedOptions; io: Io },
): void {
  for (const { old, current } of names) {
    if (!to.options.has(old)) continue
    const what = `${lead} --${old} is deprecated and will be removed in a future version.`
    printLine(to.io.stdout, `${what} Use --${current} instead.`)
  }
}
