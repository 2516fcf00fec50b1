/**
 * Who leads a partition. Pure arithmetic over replicas and brokers; the outcome is what goes into a PartitionChangeRecord,
 * or null when nothing changes.
 */
import type { MetadataImage } from '../image/metadata-image.ts'
import type { PartitionImage, TopicImage } from '../image/topics-image.ts'
import { NO_LEADER, type PartitionChange } from '../records/make-record.ts'

export const RECOVERED = 0
export const RECOVERING = 1

/** Below this level of metadata.version a smaller ISR starts a new leader epoch (3.6-IV0). */
const NO_BUMP_ON_SHRINK_LEVEL = 12

/**
 * `online`: keep the leader if it can go on, else the first replica that can. `preferred`: the first replica, or no
 * change. `unclean`: like online, but a replica outside of the ISR is better than none.
 */
export type ElectionKind = 'online' | 'preferred' | 'unclean'

export interface ElectionOptions {
  readonly kind: ElectionKind
  /** May lead and be in the ISR: registered, unfenced, not shutting down. */
  readonly isActive: (brokerId: number) => boolean
  /** The ISR to come; default: as it is. An empty one is not taken: the last member stays. */
  readonly isr?: readonly number[]
  /** Level of metadata.version. */
  readonly level: number
}

/** What to write so that the partition has the best leader it can have; null: nothing. */
export function electLeader(partition: PartitionImage, options: ElectionOptions): PartitionChange | null {
  const isr = options.isr === undefined || options.isr.length === 0 ? partition.isr : options.isr
  const leader = chooseLeader(partition, isr, options)
  const change: { -readonly [Key in keyof PartitionChange]: PartitionChange[Key] } = {}
  const newIsr = leader.kind === 'in-sync' ? isr : [leader.id]
  if (!sameList(newIsr, partition.isr)) change.isr = newIsr
  if (leader.kind === 'unclean') change.leaderRecoveryState = RECOVERING
  if (leader.id !== partition.leader) change.leader = leader.id
  else if (isShrink(partition.isr, newIsr) && options.level < NO_BUMP_ON_SHRINK_LEVEL) change.leader = partition.leader
  // Who is in sync again need not be remembered as one that could lead.
  const eligible = partition.eligibleLeaderReplicas.filter((id) => !newIsr.includes(id))
  if (eligible.length < partition.eligibleLeaderReplicas.length) change.eligibleLeaderReplicas = eligible
  if (partition.lastKnownElr.length > 0 && leader.id !== NO_LEADER) change.lastKnownElr = []
  return Object.keys(change).length === 0 ? null : change
}

interface Choice {
  /** `eligible`: the ISR is empty and it comes from those that were in sync last (KIP-966). */
  readonly kind: 'in-sync' | 'eligible' | 'unclean'
  readonly id: number
}

function chooseLeader(partition: PartitionImage, isr: readonly number[], { kind, isActive }: ElectionOptions): Choice {
  const { replicas, leader, eligibleLeaderReplicas } = partition
  const isValid = (id: number) => isr.includes(id) && isActive(id)
  const [preferred = NO_LEADER] = replicas
  if (kind === 'preferred' && isValid(preferred)) return { kind: 'in-sync', id: preferred }
  if (leader !== NO_LEADER && isValid(leader)) return { kind: 'in-sync', id: leader }
  const next = replicas.find(isValid)
  if (next !== undefined) return { kind: 'in-sync', id: next }
  if (isr.length === 0) {
    const eligible = replicas.find((id) => eligibleLeaderReplicas.includes(id) && isActive(id))
    if (eligible !== undefined) return { kind: 'eligible', id: eligible }
  }
  const live = kind === 'unclean' ? replicas.find(isActive) : undefined
  return live === undefined ? { kind: 'in-sync', id: NO_LEADER } : { kind: 'unclean', id: live }
}

function isShrink(before: readonly number[], after: readonly number[]): boolean {
  return before.some((id) => !after.includes(id))
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index])
}

/** Registered, unfenced and not on its way out. */
export function isActiveBroker(image: MetadataImage, id: number): boolean {
  const broker = image.brokers.get(id)
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
}

/** All partitions that satisfy the condition. */
export function* partitionsWhere(
  image: MetadataImage,
  condition: (partition: PartitionImage) => boolean,
): Generator<{ readonly topic: TopicImage; readonly id: number; readonly partition: PartitionImage }> {
  for (const topic of image.topics.all()) {
    for (const [id, partition] of topic.partitions.entries()) if (condition(partition)) yield { topic, id, partition }
  }
}
