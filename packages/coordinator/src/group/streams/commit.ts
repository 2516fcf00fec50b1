/**
 * Whether a member of a streams group may commit the offset of a partition: with its present epoch always, with an earlier one as long as it has the
 * task that reads the partition since then or longer (KIP-1251). So a commit that was under way while the epoch grew is taken.
 */
import { ErrorCode } from '@ottla/protocol'
import type { Commit, CommitCheck } from '../offsets/offset-commit.ts'
import type { StreamsGroup } from './streams-group.ts'
import { subtopologyReading } from './topology.ts'

/** An error code for the whole request, or what checks each partition. */
export function streamsCommitCheck(
  group: StreamsGroup,
  { memberId, generationId: memberEpoch, groupInstanceId, knowsMemberEpochs }: Commit,
  kind: 'plain' | 'transactional',
): CommitCheck {
  const { NONE, UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH } = ErrorCode
  if (memberEpoch < 0 && group.isEmpty) return NONE
  // A producer that says nothing of its group is not asked about it.
  if (kind === 'transactional' && memberEpoch === -1 && memberId === '' && groupInstanceId === null) return NONE
  const member = group.members.get(memberId)
  if (member === undefined) return UNKNOWN_MEMBER_ID
  if (kind === 'plain' && !knowsMemberEpochs) return ErrorCode.UNSUPPORTED_VERSION
  if (memberEpoch === member.memberEpoch) return NONE
  if (memberEpoch > member.memberEpoch) return STALE_MEMBER_EPOCH
  const { topology } = group.state
  return (topic, partition) => {
    const subtopologyId = topology === null ? undefined : subtopologyReading(topology, topic)?.subtopologyId
    if (subtopologyId === undefined) return STALE_MEMBER_EPOCH
    const since =
      member.assigned.active.get(subtopologyId)?.get(partition) ??
      member.pendingRevocation.active.get(subtopologyId)?.get(partition)
    return since !== undefined && since <= memberEpoch ? NONE : STALE_MEMBER_EPOCH
  }
}

/** A member that asks for offsets has to be up to date: who has not heard of its new epoch would go on from where another one is by now. */
export function streamsFetchError(
  group: StreamsGroup,
  { memberId, memberEpoch }: { readonly memberId: string | null; readonly memberEpoch: number },
  offset: number,
): number {
  const member = memberId === null ? undefined : group.members.getAt(memberId, offset)
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
  return member.memberEpoch === memberEpoch ? ErrorCode.NONE : ErrorCode.STALE_MEMBER_EPOCH
}
