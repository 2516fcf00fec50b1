/**
 * AlterPartitionReassignments (45): other replicas for partitions, and an end to what is under way (KIP-455, KIP-860).
 *
 * The replicas that a partition is to have and those that it has are replicas together until all that come are in sync; where none comes,
 * the change is whole at once. Left out until there are followers: that AlterPartition ends what is under way when those that came are in sync.
 */
import {
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
  ErrorCode,
  type MetadataRecord,
} from '@ottla/protocol'
import type { PartitionImage } from '../image/topics-image.ts'
import { type PartitionChange, partitionChangeRecord } from '../records/make-record.ts'
import { assignmentProblem, defaultDirectory, hasDirectories } from './assignment.ts'
import { type ControllerView, levelOf, type Outcome } from './controller-view.ts'
import { electLeader, isActiveBroker } from './leader-election.ts'

interface Outcomes {
  readonly code: number
  readonly message: string | null
  readonly change: PartitionChange | null
}

interface Target {
  readonly replicas: readonly number[] | null
  /** Replicas that the partition must go on having in number; undefined: as many as one likes. */
  readonly mayChangeCount: 'count-may-change' | 'count-is-kept'
}

export function alterPartitionReassignments(
  view: ControllerView,
  request: AlterPartitionReassignmentsRequest,
): Outcome<AlterPartitionReassignmentsResponse> {
  const records: MetadataRecord[] = []
  const mayChangeCount = request.allowReplicationFactorChange ? 'count-may-change' : 'count-is-kept'
  const responses = request.topics.map(({ name, partitions }) => {
    const topic = view.image.topics.byName(name)
    const results = partitions.map(({ partitionIndex, replicas }) => {
      const partition = topic?.partitions[partitionIndex]
      if (topic === undefined || partition === undefined) {
        const errorMessage =
          topic === undefined
            ? `Unable to find a topic named ${name}.`
            : `Unable to find partition ${name}:${partitionIndex}.`
        return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage }
      }
      const { code, message, change } = reassign(view, partition, { replicas, mayChangeCount })
      if (change !== null) records.push(partitionChangeRecord(levelOf(view), topic.id, partitionIndex, change))
      return { partitionIndex, errorCode: code, errorMessage: message }
    })
    return { name, partitions: results }
  })
  const { allowReplicationFactorChange } = request
  const errorMessage = responses.length === 0 ? '' : null
  return {
    response: { throttleTimeMs: 0, allowReplicationFactorChange, errorCode: ErrorCode.NONE, errorMessage, responses },
    records,
  }
}

function reassign(view: ControllerView, partition: PartitionImage, { replicas, mayChangeCount }: Target): Outcomes {
  if (replicas === null) return cancel(view, partition)
  const problem = assignmentProblem(view.image, replicas, undefined)
  if (problem !== null) return failed(ErrorCode.INVALID_REPLICA_ASSIGNMENT, problem)
  const before = settledReplicas(partition)
  if (mayChangeCount === 'count-is-kept' && replicas.length !== before.length) {
    const message = `The replication factor is changed from ${before.length} to ${replicas.length}`
    return failed(ErrorCode.INVALID_REPLICATION_FACTOR, message)
  }
  return { code: ErrorCode.NONE, message: null, change: changeTo(view, partition, replicas) }
}

/** Back to the replicas from before. */
function cancel(view: ControllerView, partition: PartitionImage): Outcomes {
  const { addingReplicas, removingReplicas } = partition
  if (addingReplicas.length === 0 && removingReplicas.length === 0) {
    return failed(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, null)
  }
  const change = settle(view, partition, settledReplicas(partition))
  if (change !== null) return { code: ErrorCode.NONE, message: null, change }
  return failed(ErrorCode.INVALID_REPLICA_ASSIGNMENT, 'No replica from before the reassignment is in sync.')
}

function failed(code: number, message: string | null): Outcomes {
  return { code, message, change: null }
}

/** The replicas without those that are on their way in: what the partition had before. */
function settledReplicas({ replicas, addingReplicas }: PartitionImage): readonly number[] {
  return replicas.filter((id) => !addingReplicas.includes(id))
}

/** Null when nothing is to be done. */
function changeTo(view: ControllerView, partition: PartitionImage, target: readonly number[]): PartitionChange | null {
  const before = settledReplicas(partition)
  const adding = target.filter((id) => !before.includes(id))
  const removing = before.filter((id) => !target.includes(id))
  const isUnderWay = partition.addingReplicas.length > 0 || partition.removingReplicas.length > 0
  if (!isUnderWay && sameList(partition.replicas, target)) return null
  const isWhole = adding.every((id) => partition.isr.includes(id))
  const settled = isWhole ? settle(view, partition, target) : null
  if (settled !== null) return settled
  const replicas = [...target, ...removing]
  return {
    replicas,
    addingReplicas: adding,
    removingReplicas: removing,
    ...directoriesFor(view, partition, replicas),
  }
}

/** The target alone, led by one of it; null while none of it is in sync and alive. */
function settle(view: ControllerView, partition: PartitionImage, target: readonly number[]): PartitionChange | null {
  const isActive = (id: number): boolean => isActiveBroker(view.image, id)
  const isr = partition.isr.filter((id) => target.includes(id))
  if (!isr.some(isActive)) return null
  const after = { ...partition, replicas: target }
  const elected = electLeader(after, { kind: 'online', isActive, isr, level: levelOf(view) })
  return {
    ...elected,
    replicas: target,
    addingReplicas: [],
    removingReplicas: [],
    ...directoriesFor(view, partition, target),
  }
}

/** Replicas keep the directories that they are in. */
function directoriesFor(view: ControllerView, partition: PartitionImage, replicas: readonly number[]): PartitionChange {
  if (!hasDirectories(view) || partition.directories.length === 0) return {}
  const directoryOf = (id: number): string =>
    partition.directories[partition.replicas.indexOf(id)] ?? defaultDirectory(view.image, id)
  return { directories: replicas.map(directoryOf) }
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index])
}
