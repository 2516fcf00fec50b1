/**
 * A fetch session (KIP-227): the partitions that a client reads, kept here so that a request names only what changed, and what was
 * last said of each, so that a response does too.
 */
import type { EpochEnd } from '@ottla/log'
import { ErrorCode } from '@ottla/protocol'
import { type FetchPartition, fetchPartitionKey } from './fetch-partition.ts'

/** What a response says of a partition, as far as it decides whether it must be said. */
export interface FetchOutcome {
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly divergingEpoch: EpochEnd | undefined
}

/** How the requests of a session name topics; it stays the same. */
export type TopicNaming = 'names' | 'ids'

interface Entry {
  request: FetchPartition
  highWatermark: number
  lastStableOffset: number
  logStartOffset: number
}

/** Epoch of a request that wants no session, or ends the one that it names. */
export const FINAL_EPOCH = -1
/** Epoch of a request that wants a new session. */
export const INITIAL_EPOCH = 0

const MAX_EPOCH = 2 ** 31 - 1
const NEVER_SAID = -1

/** The epoch that must come after `epoch`. */
export function nextSessionEpoch(epoch: number): number {
  if (epoch < 0) return FINAL_EPOCH
  return epoch === MAX_EPOCH ? 1 : epoch + 1
}

export class FetchSession {
  readonly id: number
  readonly naming: TopicNaming
  readonly createdMs: number
  lastUsedMs: number
  /** The epoch that the next request must have. */
  epoch = nextSessionEpoch(INITIAL_EPOCH)
  readonly #entries = new Map<string, Entry>()

  constructor(identity: { id: number; naming: TopicNaming; nowMs: number }) {
    this.id = identity.id
    this.naming = identity.naming
    this.createdMs = identity.nowMs
    this.lastUsedMs = identity.nowMs
  }

  get size(): number {
    return this.#entries.size
  }

  /** In the order in which they are served. */
  *partitions(): IterableIterator<FetchPartition> {
    for (const { request } of this.#entries.values()) yield request
  }

  /** Adds a partition, or changes what is asked of it; a changed one keeps its place. */
  set(request: FetchPartition): void {
    const key = keyOf(request)
    const entry = this.#entries.get(key)
    if (entry !== undefined) entry.request = request
    else {
      this.#entries.set(key, {
        request,
        highWatermark: NEVER_SAID,
        lastStableOffset: NEVER_SAID,
        logStartOffset: NEVER_SAID,
      })
    }
  }

  forget(topic: string, topicId: string, partition: number): void {
    this.#entries.delete(fetchPartitionKey(topic, topicId, partition))
  }

  /**
   * Notes what a response is about to say of a partition. False: nothing that the client does not know, leave it out.
   * A partition that gave records goes to the back, so that all get their turn under the byte limit.
   */
  note(request: FetchPartition, outcome: FetchOutcome, recordBytes: number): boolean {
    const key = keyOf(request)
    const entry = this.#entries.get(key)
    if (entry === undefined) return true
    const isNews =
      recordBytes > 0 ||
      outcome.divergingEpoch !== undefined ||
      outcome.errorCode !== ErrorCode.NONE ||
      outcome.highWatermark !== entry.highWatermark ||
      outcome.lastStableOffset !== entry.lastStableOffset ||
      outcome.logStartOffset !== entry.logStartOffset
    // After an error all is said again, so that the client learns that it is over.
    entry.highWatermark = outcome.errorCode === ErrorCode.NONE ? outcome.highWatermark : NEVER_SAID
    entry.lastStableOffset = outcome.lastStableOffset
    entry.logStartOffset = outcome.logStartOffset
    if (recordBytes > 0) {
      this.#entries.delete(key)
      this.#entries.set(key, entry)
    }
    return isNews
  }
}

function keyOf({ topic, topicId, partition }: FetchPartition): string {
  return fetchPartitionKey(topic, topicId, partition)
}
