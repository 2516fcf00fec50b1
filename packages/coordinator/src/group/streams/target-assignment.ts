/** Makes the target assignment of the present group epoch. */
import type { GroupValues } from '@ottla/config'
import { assignSticky } from './sticky-assignor.ts'
import type { StreamsDraft } from './streams-draft.ts'
import type { SoftState, StreamsGroupState } from './streams-group.ts'
import { NO_TASKS } from './tasks.ts'

/** The settings that an assignment is made under. Kept with the group epoch: another value makes another epoch. */
export function assignmentConfigs(config: GroupValues): Map<string, string> {
  const configs = new Map([['num.standby.replicas', String(config['streams.num.standby.replicas'])]])
  const tags = config['streams.rack.aware.assignment.tags']
  if (tags.length > 0) configs.set('rack.aware.assignment.tags', tags.join(','))
  return configs
}

export function updateTarget(draft: StreamsDraft): void {
  const config = draft.turn.groupConfig(draft.groupId)
  const configured = draft.onCluster()?.configured
  const members = [...draft.members()]
  const { memberOffsets }: Pick<SoftState, 'memberOffsets'> = draft.soft
  // While the topology lacks something there is nothing to do for anybody.
  const subtopologies = configured?.kind === 'ready' ? [...configured.subtopologies.values()] : []
  const assignment = assignSticky({
    members: members.map(({ memberId, processId, clientTags }) => ({
      memberId,
      processId,
      clientTags,
      target: draft.target(memberId) ?? NO_TASKS,
      taskOffsets: memberOffsets.get(memberId)?.offsets ?? NO_OFFSETS,
    })),
    subtopologies,
    standbyReplicas: config['streams.num.standby.replicas'],
    rackAwareTags: config['streams.rack.aware.assignment.tags'],
  })
  for (const { memberId } of members) draft.putTarget(memberId, assignment.get(memberId) ?? NO_TASKS)
  draft.setAssignmentEpoch()
}

/** Whether the last assignment was made too short a time ago. A clock that went back stops nobody. */
export function isTooSoon({ assignmentTimestampMs }: StreamsGroupState, intervalMs: number, nowMs: number): boolean {
  return nowMs >= assignmentTimestampMs && nowMs - assignmentTimestampMs < intervalMs
}

const NO_OFFSETS: ReadonlyMap<string, ReadonlyMap<number, number>> = new Map()
