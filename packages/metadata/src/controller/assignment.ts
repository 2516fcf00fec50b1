/** Replica lists: placed by the controller, or checked when the request brings them. */
import { ErrorCode } from '@ottla/protocol'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { PartitionImage } from '../image/topics-image.ts'
import { ITEMS_PER_STEP, type Steps } from '../steps.ts'
import { type ControllerView, levelOf } from './controller-view.ts'
import { isActiveBroker, RECOVERED } from './leader-election.ts'
import { placeReplicasInSteps } from './placement.ts'

/** An error of one topic in an answer. */
export interface TopicError {
  readonly code: number
  readonly message: string
}

/** Directory of a replica whose broker has not said which (0/1), and of one from before there were ids (0/0). */
export const UNASSIGNED_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAQ'
const MIGRATING_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAA'

/** From this level of metadata.version on partitions know the directories of their replicas (3.7-IV2). */
const DIRECTORIES_LEVEL = 17

/** New partitions, or the first error. */
export type NewPartitions = { readonly partitions: readonly PartitionImage[] } | { readonly error: TopicError }

/** Partitions with the given replica lists, after the checks of KIP-195 and KIP-455. */
export function* assignedPartitions(
  view: ControllerView,
  assignments: readonly (readonly number[])[],
  { firstPartition, replicationFactor }: { readonly firstPartition: number; readonly replicationFactor?: number },
): Steps<NewPartitions> {
  const partitions: PartitionImage[] = []
  let expected = replicationFactor
  for (const [index, replicas] of assignments.entries()) {
    if (index > 0 && index % ITEMS_PER_STEP === 0) yield
    const problem = assignmentProblem(view.image, replicas, expected)
    if (problem !== null) return { error: { code: ErrorCode.INVALID_REPLICA_ASSIGNMENT, message: problem } }
    expected = replicas.length
    const partition = newPartition(view, replicas)
    if (partition === null) {
      const message = `All brokers specified in the manual partition assignment for partition ${firstPartition + index} are fenced or in controlled shutdown.`
      return { error: { code: ErrorCode.INVALID_REPLICA_ASSIGNMENT, message } }
    }
    partitions.push(partition)
  }
  return { partitions }
}

/** Partitions on brokers that the controller chooses. */
export function* placedPartitions(
  view: ControllerView,
  placement: {
    readonly firstPartition: number
    readonly partitions: number
    readonly replicationFactor: number
    readonly seed: number
  },
): Steps<NewPartitions> {
  const placed = yield* placeReplicasInSteps({ brokers: view.image.brokers.values(), ...placement })
  if (placed.kind === 'impossible') return { error: unableToReplicate(placement.replicationFactor, placed.reason) }
  const partitions: PartitionImage[] = []
  // A topic has few lists of replicas, and up to ten thousand partitions.
  const made = new Map<string, PartitionImage>()
  for (const [index, replicas] of placed.assignments.entries()) {
    if (index > 0 && index % ITEMS_PER_STEP === 0) yield
    const list = replicas.join()
    const partition = made.get(list) ?? newPartition(view, replicas)
    if (partition === null) {
      const reason = 'All brokers are currently fenced or in controlled shutdown.'
      return { error: unableToReplicate(placement.replicationFactor, reason) }
    }
    made.set(list, partition)
    partitions.push(partition)
  }
  return { partitions }
}

function unableToReplicate(replicationFactor: number, reason: string): TopicError {
  const message = `Unable to replicate the partition ${replicationFactor} time(s): ${reason}`
  return { code: ErrorCode.INVALID_REPLICATION_FACTOR, message }
}

/** Why a replica list that came with a request cannot be taken; null when it can. */
export function assignmentProblem(
  image: MetadataImage,
  replicas: readonly number[],
  replicationFactor: number | undefined,
): string | null {
  if (replicas.length === 0) return 'The manual partition assignment includes an empty replica list.'
  const seen = new Set<number>()
  for (const id of [...replicas].sort((a, b) => a - b)) {
    if (!image.brokers.has(id)) {
      return `The manual partition assignment includes broker ${id}, but no such broker is registered.`
    }
    if (seen.has(id)) return `The manual partition assignment includes the broker ${id} more than once.`
    seen.add(id)
  }
  if (replicationFactor === undefined || replicas.length === replicationFactor) return null
  return `The manual partition assignment includes a partition with ${replicas.length} replica(s), but this is not consistent with previous partitions, which have ${replicationFactor} replica(s).`
}

/** Null when none of the replicas can lead. */
function newPartition(view: ControllerView, replicas: readonly number[]): PartitionImage | null {
  const { image } = view
  const isr = replicas.filter((id) => isActiveBroker(image, id))
  const [leader] = isr
  if (leader === undefined) return null
  return {
    replicas,
    isr,
    removingReplicas: [],
    addingReplicas: [],
    leader,
    leaderRecoveryState: RECOVERED,
    leaderEpoch: 0,
    partitionEpoch: 0,
    directories: hasDirectories(view) ? replicas.map((id) => defaultDirectory(image, id)) : [],
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
  }
}

/** Whether partitions know the directories of their replicas at the level in force. */
export function hasDirectories(view: ControllerView): boolean {
  return levelOf(view) >= DIRECTORIES_LEVEL
}

/** A broker with one directory has nothing to choose; one with several tells later (AssignReplicasToDirs). */
export function defaultDirectory(image: MetadataImage, brokerId: number): string {
  const directories = image.brokers.get(brokerId)?.directories ?? []
  if (directories.length === 0) return MIGRATING_DIRECTORY
  return directories.length === 1 ? directories[0]! : UNASSIGNED_DIRECTORY
}
