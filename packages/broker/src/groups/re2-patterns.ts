/** Regular expressions over topic names in RE2's syntax. */
import type { CompiledPattern, TopicPatterns } from '@ottla/coordinator'
import { ApiError } from '@ottla/protocol'
import { Lru } from '@ottla/stdx'
import { compileRe2, isRe2Loaded, loadRe2 } from '../re2.ts'

/** Groups that subscribe alike share what was compiled. */
const PATTERNS_MAX = 1_000
const compiled = new Lru<string, CompiledPattern>({ capacity: PATTERNS_MAX })

export const re2Patterns: TopicPatterns = {
  ready: loadRe2,
  compile(pattern) {
    if (!isRe2Loaded()) {
      void loadRe2()
      return { kind: 'unknown' }
    }
    let known = compiled.get(pattern)
    if (known === undefined) compiled.set(pattern, (known = compile(pattern)))
    return known
  },
}

function compile(pattern: string): CompiledPattern {
  try {
    return { kind: 'compiled', matches: compileRe2(pattern) }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { kind: 'invalid', reason: error.message }
  }
}
