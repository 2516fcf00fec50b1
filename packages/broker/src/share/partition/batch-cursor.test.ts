/** Batches of a log that is only said, for tests. Holds no tests. */
import type { BatchCursor } from './acquire.ts'

export type BatchSpan = Pick<BatchCursor, 'first' | 'last' | 'kind'>

const BEFORE: BatchSpan = { first: -1, last: -1, kind: 'data' }

export function cursorOver(spans: readonly BatchSpan[]): BatchCursor {
  let at = -1
  const span = (): BatchSpan => spans[at] ?? BEFORE
  return {
    next: () => ++at < spans.length,
    get first() {
      return span().first
    },
    get last() {
      return span().last
    },
    get kind() {
      return span().kind
    },
  }
}
