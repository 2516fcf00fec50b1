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
  const change: { -readonly [Key in keyof PartitionChange]: PartitionChange[Key] } = {}
  if (!sameList(isr, partition.isr)) change.isr = isr
  const leader = chooseLeader(partition, isr, options)
  if (leader.kind === 'unclean') {
    change.isr = [leader.id]
    change.leaderRecoveryState = RECOVERING
  }
  if (leader.id !== partition.leader) change.leader = leader.id
  else if (change.isr && isShrink(partition.isr, change.isr) && options.level < NO_BUMP_ON_SHRINK_LEVEL) {
    change.leader = partition.leader
  }
  return Object.keys(change).length === 0 ? null : change
}

function chooseLeader(
  partition: PartitionImage,
  isr: readonly number[],
  { kind, isActive }: ElectionOptions,
): { readonly kind: 'clean' | 'unclean'; readonly id: number } {
  const isValid = (id: number) => isr.includes(id) && isActive(id)
  const [preferred = NO_LEADER] = partition.replicas
  if (kind === 'preferred' && isValid(preferred)) return { kind: 'clean', id: preferred }
  if (partition.leader !== NO_LEADER && isValid(partition.leader)) return { kind: 'clean', id: partition.leader }
  const next = partition.replicas.find(isValid)
  if (next !== undefined) return { kind: 'clean', id: next }
  const live = kind === 'unclean' ? partition.replicas.find(isActive) : undefined
  return live === undefined ? { kind: 'clean', id: NO_LEADER } : { kind: 'unclean', id: live }
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
