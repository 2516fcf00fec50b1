/**
 * What the parts of one log share: its segments, its ends, its epochs and producers. Only for this package; PartitionLog is
 * what others see.
 */
import type { LeaderEpochs } from './epoch/leader-epochs.ts'
import type { LogConfig } from './log-config.ts'
import type { LogError } from './log-error.ts'
import type { LogResources } from './log-resources.ts'
import { ProducerState } from './producer/producer-state.ts'
import type { Segment } from './segment/segment.ts'
import { SegmentList } from './segment/segment-list.ts'
import type { TopicPartition } from './types.ts'
import type { WritePace } from './write/write-pace.ts'

export interface LogStateOptions {
  readonly resources: LogResources
  readonly path: string
  readonly topicPartition: TopicPartition
  readonly config: LogConfig
  readonly epochs: LeaderEpochs
  /** Default: the process's. */
  readonly pace?: WritePace
}

export class LogState {
  readonly resources: LogResources
  readonly path: string
  readonly topicPartition: TopicPartition
  readonly segments = new SegmentList()
  readonly epochs: LeaderEpochs
  readonly producers = new ProducerState()
  readonly pace: WritePace
  config: LogConfig
  logStartOffset = 0
  /** The assigned end: what the next record gets. */
  logEndOffset = 0
  writtenEnd = 0
  /** All below survives a loss of power: in the log's own files, or in its folder's journal. */
  syncedEnd = 0
  /** All below does so in the log's own files. */
  fileSyncedEnd = 0
  highWatermark = 0
  /** Grows whenever the log is cut, so that what was read or synced before is not taken for what came after. */
  generation = 0
  /** Grows whenever cleaned segments took the place of others: who was looking at those looks again. */
  swaps = 0
  failure: LogError | null = null
  isClosed = false

  constructor(options: LogStateOptions) {
    this.resources = options.resources
    this.path = options.path
    this.topicPartition = options.topicPartition
    this.config = options.config
    this.epochs = options.epochs
    this.pace = options.pace ?? options.resources.pace
  }

  get sizeBytes(): number {
    let bytes = 0
    for (const segment of this.segments.values()) bytes += segment.assignedBytes
    return bytes
  }

  /**
   * Everything below is synced, the derived files (indexes, snapshots) of its segments included: where recovery begins
   * after an unclean stop.
   */
  get recoveryPoint(): number {
    for (const segment of this.segments.values()) {
      if (segment.state === 'closed') continue
      return segment.state === 'active' ? this.fileSyncedEnd : Math.min(this.fileSyncedEnd, segment.baseOffset)
    }
    return this.fileSyncedEnd
  }

  /** "topic-partition", for messages. */
  get name(): string {
    return `${this.topicPartition.topic}-${this.topicPartition.partition}`
  }

  isCurrent(segment: Segment): boolean {
    return this.segments.floor(segment.baseOffset) === segment
  }
}
