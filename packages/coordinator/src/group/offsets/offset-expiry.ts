/**
 * Offsets are kept for `offsets.retention.minutes` (KIP-211), counted
 *
 * - in a group that had members and is empty: since it became empty;
 * - in a stable group of consumers: since their commit, for topics that nobody is subscribed to any more;
 * - in a group of the consumer protocol: since their commit, for topics that nobody is subscribed to;
 * - in a group that never had members: since their commit.
 *
 * In all other groups nothing expires. An offset that carries its own time of expiry, from an old client, goes by that. A group without
 * members whose last offset is gone goes with it.
 */

import { CONSUMER_PROTOCOL_TYPE } from '../classic/protocols.ts'
import type { Group } from '../group.ts'
import type { Turn } from '../turn.ts'
import type { OffsetStore, StoredOffset } from './offset-store.ts'

/** So many tombstones at most in one decision: they are one batch of the log. */
export const TOMBSTONES_MAX = 1_000

/** Writes the tombstones of what has expired. Returns how many offsets were looked at; `isDone` is false when more have expired than fit. */
export function expireOffsets(group: Group, store: OffsetStore, turn: Turn): { seen: number; isDone: boolean } {
  const sinceMs = retentionStart(group)
  let seen = 0
  let kept = 0
  for (const [topic, partitions] of store.topics(group.groupId)) {
    const isWanted = sinceMs === null || group.isSubscribedTo(topic)
    for (const [partition, stored] of partitions) {
      if (turn.recordCount >= TOMBSTONES_MAX) return { seen, isDone: false }
      seen += 1
      const key = { groupId: group.groupId, topic, partition }
      if (isWanted || !isExpired(stored, sinceMs(stored), turn) || store.isPending(key)) kept += 1
      else turn.write({ kind: 'offset', ...key, offset: null })
    }
  }
  if (kept === 0 && isLeft(group) && !store.hasPending(group.groupId)) {
    if (group.kind === 'classic') turn.write({ kind: 'group', groupId: group.groupId, group: null })
    else group.delete(turn)
  }
  return { seen, isDone: true }
}

/** Nobody is in the group, or on the way into it. Share groups stay until they are deleted. */
function isLeft(group: Group): boolean {
  if (group.kind === 'classic') return group.isEmpty && group.pendingCount === 0
  return group.type !== 'share' && group.isEmpty
}

/** From when the retention of an offset is counted; null: nothing expires. */
function retentionStart(group: Group): ((stored: StoredOffset) => number) | null {
  const sinceCommit = ({ commitTimestampMs }: StoredOffset) => commitTimestampMs
  if (group.kind !== 'classic') return sinceCommit
  const { phase, phaseSinceMs, protocolType, subscribedTopics } = group.state
  if (protocolType === null) return sinceCommit
  if (phase === 'Empty') return phaseSinceMs === -1 ? sinceCommit : () => phaseSinceMs
  if (phase === 'Stable' && protocolType === CONSUMER_PROTOCOL_TYPE && subscribedTopics !== null) return sinceCommit
  return null
}

function isExpired({ expireTimestampMs }: StoredOffset, sinceMs: number, turn: Turn): boolean {
  const nowMs = turn.now.wallMs
  if (expireTimestampMs !== -1) return nowMs >= expireTimestampMs
  return nowMs - sinceMs >= turn.config.offsetsRetentionMs
}
