/**
 * What follows from a member's subscription: regular expressions resolved to topics, and the group's epoch, which goes up when the
 * topics to assign have changed, or who subscribes to them.
 *
 * An expression is resolved when the first member comes with it. Later it is looked at again when topics came or went, and in any case
 * once per `group.consumer.regex.refresh.interval.ms`; at most every ten seconds.
 */
import { ErrorCode } from '@ottla/protocol'
import type { ConsumerDraft } from './consumer-draft.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { type Refusal, refusal } from './heartbeat.ts'

const REFRESH_MIN_INTERVAL_MS = 10_000

export interface SubscriptionUpdate {
  readonly before: ConsumerMember
  readonly updated: ConsumerMember
  readonly isSubscriptionChanged: boolean
}

/** null: all is well. */
export function followSubscription(draft: ConsumerDraft, update: SubscriptionUpdate): Refusal | null {
  const { before, updated } = update
  if (before.topicRegex !== updated.topicRegex) {
    const invalid = changeRegex(draft, before.topicRegex, updated.topicRegex)
    if (invalid !== null) return invalid
  }
  if (updated.topicRegex !== '') refreshRegexes(draft)
  const isStale = draft.metadataHash() !== draft.group.state.metadataHash
  if (update.isSubscriptionChanged || isStale) draft.bumpEpoch()
  return null
}

function changeRegex(draft: ConsumerDraft, old: string, pattern: string): Refusal | null {
  if (old !== '' && draft.subscriberCount(old) === 0) draft.removeRegex(old)
  if (pattern === '' || draft.regex(pattern) !== undefined) return null
  const compiled = draft.turn.patterns.compile(pattern)
  if (compiled.kind === 'invalid')
    return refusal(
      ErrorCode.INVALID_REGULAR_EXPRESSION,
      `SubscribedTopicRegex \`${pattern}\` is not a valid regular expression: ${compiled.reason}.`,
    )
  if (compiled.kind === 'compiled') resolve(draft, pattern, compiled.matches)
  return null
}

function refreshRegexes(draft: ConsumerDraft): void {
  const { turn, topics } = draft
  const patterns = new Set(draft.members().flatMap(({ topicRegex }) => (topicRegex === '' ? [] : [topicRegex])))
  for (const pattern of patterns) {
    const known = draft.regex(pattern)
    if (known !== undefined) {
      const sinceMs = turn.now.wallMs - known.timestampMs
      if (sinceMs >= 0 && sinceMs <= REFRESH_MIN_INTERVAL_MS) continue
      const isCurrent = known.version === topics.namesVersion
      if (isCurrent && sinceMs >= 0 && sinceMs < turn.config.consumerRegexRefreshIntervalMs) continue
    }
    const compiled = turn.patterns.compile(pattern)
    if (compiled.kind === 'compiled') resolve(draft, pattern, compiled.matches)
  }
}

function resolve(draft: ConsumerDraft, pattern: string, matches: (topic: string) => boolean): void {
  const { topics, turn } = draft
  const matched = new Set([...topics.names()].filter(matches))
  draft.putRegex(pattern, { topics: matched, version: topics.namesVersion, timestampMs: turn.now.wallMs })
}
