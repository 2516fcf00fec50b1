/** Who may commit and read the offsets of a consumer group. */
import { ErrorCode } from '@ottla/protocol'
import type { Group } from '../group.ts'
import type { Commit } from '../offsets/offset-commit.ts'
import { streamsFetchError } from '../streams/commit.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'

/**
 * A member commits in its epoch; in one before, for partitions that it has had since then (KIP-1251): a commit that was under way while
 * the epoch went on is as good as before. Without members anybody may, as for other groups.
 */
export function consumerCommitError(group: ConsumerGroup, commit: Commit): number {
  const { generationId: memberEpoch, memberId } = commit
  if (memberEpoch < 0 && group.isEmpty) return ErrorCode.NONE
  const member = group.members.get(memberId)
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  if (member.classic !== null) return memberEpoch === member.memberEpoch ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION
  if (!commit.knowsMemberEpochs) return ErrorCode.UNSUPPORTED_VERSION
  if (memberEpoch === member.memberEpoch) return ErrorCode.NONE
  return memberEpoch < member.memberEpoch && hasHadSince(member, commit) ? ErrorCode.NONE : ErrorCode.STALE_MEMBER_EPOCH
}

function hasHadSince({ assigned, pendingRevocation }: ConsumerMember, { generationId, topics }: Commit): boolean {
  return topics.every(({ topicId, partitions }) =>
    partitions.every(({ partition }) => {
      const epoch = assigned.get(topicId)?.get(partition) ?? pendingRevocation.get(topicId)?.get(partition)
      return epoch !== undefined && generationId >= epoch
    }),
  )
}

/** A member that reads says its epoch (OffsetFetch version 9): who was fenced does not go on from offsets that are not its own any more. */
export function fetchError(
  group: Group | undefined,
  { memberId, memberEpoch }: { readonly memberId: string | null; readonly memberEpoch: number },
  offset: number,
): number {
  if (memberId === null && memberEpoch < 0) return ErrorCode.NONE
  if (group?.kind === 'streams') return streamsFetchError(group, { memberId, memberEpoch }, offset)
  if (group?.kind !== 'consumer') return ErrorCode.NONE
  const member = memberId === null ? undefined : group.members.getAt(memberId, offset)
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  if (member.memberEpoch === memberEpoch) return ErrorCode.NONE
  return member.classic === null ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION
}
