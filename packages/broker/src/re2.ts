/**
 * Patterns in the syntax of RE2, as Kafka's brokers take them from clients: matched in linear time, whatever the client sends.
 *
 * The library is loaded by who first needs it: no start waits for it.
 */
import { ApiError, ErrorCode } from '@ottla/protocol'

type Library = typeof import('re2js')

let library: Library | null = null

/** To be awaited before {@link compileRe2}. */
export async function loadRe2(): Promise<void> {
  library ??= await import('re2js')
}

export function isRe2Loaded(): boolean {
  return library !== null
}

/** A match of whole texts. Throws ApiError INVALID_REGULAR_EXPRESSION when it is no pattern, or the library is not there. */
export function compileRe2(pattern: string): (text: string) => boolean {
  if (library === null) throw new ApiError(ErrorCode.INVALID_REGULAR_EXPRESSION, 'patterns are not there yet')
  try {
    const compiled = library.RE2JS.compile(pattern)
    return (text) => compiled.matches(text)
  } catch (error) {
    throw new ApiError(ErrorCode.INVALID_REGULAR_EXPRESSION, describe(error as Error))
  }
}

/** What is wrong, without the pattern: `missing closing )`. */
function describe({ message }: Error): string {
  return /^error parsing regexp: (.*?)(?:: `.*`)?$/s.exec(message)?.[1] ?? message
}
