/**
 * The replica of one partition on this broker, as leader: takes appends, knows what is safe and what is visible, and
 * wakes in the same turn who waits for it.
 *
 * The safe end of this replica is the written end of its log, or the synced end under the durability `fsync`. The high watermark
 * is the least safe end of the in-sync replicas; it does not move while there are fewer of them than min.insync.replicas.
 */
import type { AppendOptions, AppendResult, PartitionLog } from '@ottla/log'
import type { PartitionImage } from '@ottla/metadata'
import { ErrorCode } from '@ottla/protocol'
import { assert, doNothing } from '@ottla/stdx'
import type { TopicTraffic } from '../metrics/topic-traffic.ts'
import { AckQueue, type AckWaiter } from './ack-queue.ts'
import { type SafeEnd, safeEndFor } from './durability.ts'
import type { TopicSettings } from './replica-registry.ts'
import { VerificationGuards } from './verification-guards.ts'
import { VisibleProgress } from './visible-progress.ts'
import { Watchers } from './watchers.ts'

export interface ReplicaIdentity {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** Id of this broker. */
  readonly nodeId: number
  /** Of the topic. */
  readonly traffic: TopicTraffic
}

/** Someone who waits for a partition to change. */
export interface ReplicaWatcher {
  /** The high watermark moved, and the last stable offset maybe; so many bytes more can be read by consumers. */
  onVisible(replica: Replica, bytes: VisibleBytes): void
  /** Anything else: not leader any more, deleted, failed, log start moved. Look again. */
  onChanged(replica: Replica): void
  /** Appends at and above `endOffset` were taken back by a failed write. */
  onReverted?(replica: Replica, endOffset: number): void
}

/** Kafka's ISOLATION levels on the wire. */
export type Isolation = 'read_uncommitted' | 'read_committed'

/** What became visible, by who sees it. */
export type VisibleBytes = Readonly<Record<Isolation, number>>

/**
 * Who waits for records hears of them before the producer does, whose acknowledgement takes as long on its way as theirs. More than so many
 * answers no producer is made to wait for.
 */
const TOLD_FIRST_MAX = 2

export class Replica {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** Of the topic. */
  readonly traffic: TopicTraffic
  /** A batch that unpacks to more is refused where its records are looked at (max.decompressed.message.bytes). */
  maxDecompressedBytes = 0
  /** Producers that are asked about before they may begin a transaction here. */
  readonly guards = new VerificationGuards()
  readonly #nodeId: number
  #image: PartitionImage
  #log: PartitionLog | null = null
  #failure: number = ErrorCode.NONE
  #isStopped = false
  #safeEndKind: SafeEnd = 'written'
  #highWatermark = 0
  #logStartOffset = 0
  #leaderEpochStart = 0
  /** acks = 1: wait for this replica. */
  readonly #localAcks = new AckQueue()
  /** acks = all: wait for the high watermark. */
  readonly #acks = new AckQueue()
  readonly #progress = new VisibleProgress()
  /** Null when nobody ever waited. */
  #watchers: Watchers<ReplicaWatcher> | null = null
  #tellsFirst = false
  /** Calls that wait for the log to be open. */
  #whenReady: (() => void)[] = []
  readonly #open: (replica: Replica) => void
  #isOpening = false

  /** `open` is asked once, on first use, to bring the log; it answers with `opened` or `failed`. */
  constructor(identity: ReplicaIdentity, image: PartitionImage, open: (replica: Replica) => void) {
    this.topic = identity.topic
    this.topicId = identity.topicId
    this.partition = identity.partition
    this.traffic = identity.traffic
    this.#nodeId = identity.nodeId
    this.#image = image
    this.#open = open
  }

  get image(): PartitionImage {
    return this.#image
  }

  get leaderEpoch(): number {
    return this.#image.leaderEpoch
  }

  get isLeader(): boolean {
    return this.#image.leader === this.#nodeId
  }

  /** The partition was deleted, or this broker has no replica of it any more. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  /** True when the log is open, or will never be: then `error` says why. */
  get isReady(): boolean {
    return this.#log !== null || this.#failure !== ErrorCode.NONE || this.#isStopped
  }

  /** Whether the log is open and works. */
  get hasLog(): boolean {
    return this.#log !== null && this.#failure === ErrorCode.NONE
  }

  /** The open log. Only after `isReady` without error. */
  get log(): PartitionLog {
    assert(this.#log !== null, 'the log of a ready replica is open')
    return this.#log
  }

  get highWatermark(): number {
    return this.#highWatermark
  }

  /** Offset at which the present leader's epoch began. */
  get leaderEpochStart(): number {
    return this.#leaderEpochStart
  }

  get logStartOffset(): number {
    return this.#log?.logStartOffset ?? 0
  }

  /** End of what a consumer of the isolation level sees. */
  visibleEnd(isolation: Isolation): number {
    return isolation === 'read_committed'
      ? Math.min(this.log.lastStableOffset, this.#highWatermark)
      : this.#highWatermark
  }

  /** In-sync replicas that acks = all needs; never more than there are replicas. */
  get minInsyncReplicas(): number {
    return Math.min(this.log.config.minInsyncReplicas, this.#image.replicas.length)
  }

  /** Why this replica cannot serve as leader: an error code, NONE when it can. `currentLeaderEpoch` is what the client knows, -1 when it says nothing. */
  leaderError(currentLeaderEpoch: number): number {
    if (this.#isStopped) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    if (currentLeaderEpoch >= 0 && currentLeaderEpoch < this.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH
    if (currentLeaderEpoch > this.leaderEpoch) return ErrorCode.UNKNOWN_LEADER_EPOCH
    if (!this.isLeader) return ErrorCode.NOT_LEADER_OR_FOLLOWER
    return this.#failure
  }

  /** Calls `fn` when the replica is ready, at once if it is. The calls run in order, in one turn. */
  whenReady(fn: () => void): void {
    if (this.isReady) {
      fn()
      return
    }
    this.#whenReady.push(fn)
    this.prepare()
  }

  /** Has the log opened, if nobody asked for it yet. */
  prepare(): void {
    if (this.isReady || this.#isOpening) return
    this.#isOpening = true
    this.#open(this)
  }

  /** The log is open. */
  opened(log: PartitionLog, highWatermark: number): void {
    if (this.#isStopped) return
    this.#isOpening = false
    this.#log = log
    log.onProgress = () => this.#onProgress()
    log.onReverted = (endOffset) => this.#onReverted(endOffset)
    log.onFailed = () => this.failed(ErrorCode.KAFKA_STORAGE_ERROR)
    this.#logStartOffset = log.logStartOffset
    this.#highWatermark = Math.min(Math.max(highWatermark, log.logStartOffset), log.logEndOffset)
    log.updateHighWatermark(this.#highWatermark)
    this.#applyRole()
    this.#onProgress()
    this.#runReady()
  }

  /** The log cannot be opened, or went offline. */
  failed(error: number): void {
    this.#isOpening = false
    this.#failure = error
    this.#dismiss(error)
    this.#runReady()
  }

  /** The log may be asked for again, if it was not open when it failed. */
  forgetFailure(): void {
    if (this.#log === null) this.#failure = ErrorCode.NONE
  }

  /** The metadata of the partition changed. */
  update(image: PartitionImage): void {
    const wasLeader = this.isLeader
    const oldEpoch = this.leaderEpoch
    this.#image = image
    if (this.#log === null) return
    if (image.leaderEpoch !== oldEpoch) this.#applyRole()
    if (wasLeader && !this.isLeader) this.#dismiss(ErrorCode.NOT_LEADER_OR_FOLLOWER)
    else if (image.leaderEpoch !== oldEpoch) this.#notifyChanged()
    this.#onProgress()
  }

  /** The settings of the topic, before anything else and whenever they change. */
  configure(settings: TopicSettings): void {
    this.maxDecompressedBytes = settings.maxDecompressedBytes
    if (this.#log === null) return
    this.#log.updateConfig(settings.log)
    this.#safeEndKind = safeEndFor(this.#log.config, this.#image.replicas.length)
    if (this.#safeEndKind === 'synced') this.#log.requestSync()
    this.#onProgress()
  }

  /** This broker has no replica of the partition any more. */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    if (this.#log !== null) {
      this.#log.onProgress = doNothing
      this.#log.onReverted = doNothing
      this.#log.onFailed = doNothing
    }
    this.#dismiss(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    this.#runReady()
  }

  /** Appends as leader. The batches are visible, and acknowledged, when they are safe. */
  append(records: Buffer, options: Omit<AppendOptions, 'leaderEpoch'>): AppendResult {
    const { origin, owner, transactionVersion } = options
    // By name: a spread makes another shape of object for each caller, which the log then reads slowly.
    const placed = { origin, leaderEpoch: this.leaderEpoch, owner, transactionVersion }
    const result = this.log.append(records, placed)
    if (result.kind === 'appended') {
      this.#progress.appended(result.lastOffset + 1, records.length)
      if (this.#safeEndKind === 'synced') this.log.requestSync()
    }
    return result
  }

  /** Tells `waiter` when all below `endOffset` is safe here ('local', acks = 1) or everywhere in sync ('all'). Later, never at once. */
  awaitAck(
    endOffset: number,
    scope: 'local' | 'all',
    to: { readonly waiter: AckWaiter; readonly index: number },
  ): void {
    const queue = scope === 'local' ? this.#localAcks : this.#acks
    queue.add(endOffset, to.waiter, to.index)
  }

  /** True when all below `endOffset` is safe already. */
  isSafe(endOffset: number, scope: 'local' | 'all'): boolean {
    return endOffset <= (scope === 'local' ? this.#safeEnd() : this.#highWatermark)
  }

  /** Those who watch, and are told now of what they can read, are told before the producer: they are few. */
  get tellsFirst(): boolean {
    return this.#tellsFirst
  }

  watch(watcher: ReplicaWatcher): void {
    this.#watchers ??= new Watchers()
    this.#watchers.add(watcher)
  }

  unwatch(watcher: ReplicaWatcher): void {
    this.#watchers?.remove(watcher)
  }

  /** Has the watchers look again. */
  wake(): void {
    this.#notifyChanged()
  }

  #safeEnd(): number {
    return this.#safeEndKind === 'synced' ? this.log.syncedEnd : this.log.writtenEnd
  }

  #applyRole(): void {
    const log = this.log
    this.guards.clearAll()
    this.#safeEndKind = safeEndFor(log.config, this.#image.replicas.length)
    if (!this.isLeader) return
    log.assignEpochStart(this.leaderEpoch, log.logEndOffset)
    const entry = log.epochs.find(({ epoch }) => epoch === this.leaderEpoch)
    this.#leaderEpochStart = entry?.startOffset ?? log.logEndOffset
    if (this.#safeEndKind === 'synced' && log.syncedEnd < log.logEndOffset) log.requestSync()
  }

  #onProgress(): void {
    const log = this.#log
    if (log === null || this.#isStopped) return
    const safeEnd = this.#safeEnd()
    const visible = this.isLeader ? this.#moveHighWatermark(safeEnd) : null
    this.#tellsFirst = (this.#watchers?.size ?? 0) <= TOLD_FIRST_MAX
    if (visible !== null && this.#tellsFirst) this.#tellVisible(visible)
    this.#localAcks.completeUpTo(safeEnd, ErrorCode.NONE)
    this.#acks.completeUpTo(this.#highWatermark, ErrorCode.NONE)
    if (visible !== null && !this.#tellsFirst) this.#tellVisible(visible)
    if (log.logStartOffset !== this.#logStartOffset) {
      this.#logStartOffset = log.logStartOffset
      if (this.#highWatermark < log.logStartOffset) this.#highWatermark = log.logStartOffset
      this.#notifyChanged()
    }
  }

  /** With one replica it is what is safe here; followers' ends join the minimum when there are some. Null when it does not move. */
  #moveHighWatermark(safeEnd: number): VisibleBytes | null {
    if (safeEnd <= this.#highWatermark || this.#image.isr.length < this.minInsyncReplicas) return null
    this.#highWatermark = safeEnd
    this.log.updateHighWatermark(safeEnd)
    return this.#progress.moved(safeEnd, this.log.lastStableOffset)
  }

  #tellVisible(bytes: VisibleBytes): void {
    this.#watchers?.tell((watcher) => watcher.onVisible(this, bytes))
  }

  /** The log took appends back: nothing of them is left. */
  #onReverted(endOffset: number): void {
    this.#progress.dropAbove(endOffset)
    this.#localAcks.failAbove(endOffset, ErrorCode.KAFKA_STORAGE_ERROR)
    this.#acks.failAbove(endOffset, ErrorCode.KAFKA_STORAGE_ERROR)
    this.#watchers?.tell((watcher) => watcher.onReverted?.(this, endOffset))
  }

  #dismiss(error: number): void {
    this.#localAcks.failAbove(-1, error)
    this.#acks.failAbove(-1, error)
    this.#notifyChanged()
  }

  #notifyChanged(): void {
    this.#watchers?.tell((watcher) => watcher.onChanged(this))
  }

  #runReady(): void {
    const calls = this.#whenReady
    this.#whenReady = []
    for (const call of calls) call()
  }
}
