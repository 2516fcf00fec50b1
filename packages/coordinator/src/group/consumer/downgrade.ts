import type { ConsumerDraft } from './consumer-draft.ts'

/** True: the group is a classic one now, without those that leave. */
export function maybeDowngrade(_draft: ConsumerDraft, _leaving: ReadonlySet<string>): boolean {
  return false
}
