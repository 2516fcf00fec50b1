/**
 * Sends what the partition queues hold. A batch goes out when it is full, when it has lingered, or when its broker has
 * nothing else under way: so an idle producer sends at once, and a busy one in batches as large as the round trip is long.
 */
import type { Timer } from '@ottla/env'
import type { ClientConnection } from '@ottla/net'
import { ErrorCode, type ProduceResponse, type Value } from '@ottla/protocol'
import { PRODUCE } from '../apis.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { ConnectionPool } from '../connection/connection-pool.ts'
import { AuthenticationError, BrokerError, isRetriable, KafkaError, TimeoutError } from '../errors.ts'
import type { BrokerNode, ClusterMetadata } from '../metadata/cluster-metadata.ts'
import { backoffMs } from '../time/backoff.ts'
import { outcomeOf } from './outcome.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { maxVersionFor, type PartitionAnswer, ProduceAnswers, produceRequest } from './produce-request.ts'
import type { ResolvedProducerOptions } from './producer-options.ts'
import type { RecordBatch } from './record-batch.ts'
import type { ProducerIdentity, WriteIdentity } from './write-identity.ts'

export interface SenderOptions {
  readonly cluster: Cluster
  readonly lane: ConnectionPool
  readonly options: ResolvedProducerOptions
  /** Queues that hold something. */
  readonly queues: ReadonlyMap<string, PartitionQueue>
  readonly identity: WriteIdentity
  /** Batches with a smaller number have to leave now. */
  readonly flushBelow: () => number
  /** Records were answered, well or not. */
  readonly onDone: (batch: RecordBatch) => void
  /** The answer to a request is there, or will not come. */
  readonly onLanded: () => void
}

interface Parcel {
  readonly queue: PartitionQueue
  readonly batch: RecordBatch
}

const REQUEST_OVERHEAD_BYTES = 512

export class Sender {
  readonly #parts: SenderOptions
  /** Requests under way, by broker id. */
  readonly #inFlight = new Map<number, number>()
  readonly #connecting = new Set<number>()
  #isScheduled = false
  #isClosed = false
  #timer: Timer | null = null
  #timerAt = Number.POSITIVE_INFINITY

  constructor(parts: SenderOptions) {
    this.#parts = parts
  }

  /** Looks at the end of this turn for what can be sent. */
  wake(): void {
    if (this.#isScheduled || this.#isClosed) return
    this.#isScheduled = true
    this.#parts.cluster.env.timers.defer(() => {
      this.#isScheduled = false
      if (!this.#isClosed) this.#run()
    })
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #run(): void {
    const { cluster, queues, options } = this.#parts
    const now = cluster.env.clock.monotonic()
    this.#expire(now)
    if (queues.size === 0) return
    this.#arm(now)
    const identity = options.isIdempotent ? this.#parts.identity.current() : null
    if (options.isIdempotent && identity === null) return
    for (const [node, candidates] of this.#byLeader(now)) this.#sendTo(node, candidates, identity)
  }

  /** Queues with something to send, by the broker that leads them. */
  #byLeader(now: number): Map<BrokerNode, PartitionQueue[]> {
    const { cluster, queues, identity } = this.#parts
    const groups = new Map<BrokerNode, PartitionQueue[]>()
    for (const queue of queues.values()) {
      if (queue.peek(now) === null) continue
      const { topic, partition } = queue.position
      const leader = cluster.metadata.leader(topic, partition)
      if (leader === undefined) {
        cluster.metadata.need(topic)
        continue
      }
      if (!identity.admits(queue.position)) continue
      const group = groups.get(leader.node)
      if (group === undefined) groups.set(leader.node, [queue])
      else group.push(queue)
    }
    return groups
  }

  #sendTo(node: BrokerNode, candidates: PartitionQueue[], identity: ProducerIdentity | null): void {
    const { cluster, lane, options } = this.#parts
    const now = cluster.env.clock.monotonic()
    while ((this.#inFlight.get(node.id) ?? 0) < options.maxInFlight) {
      const due = candidates.filter((queue) => this.#isDue(queue, node, now))
      if (due.length === 0) return
      const connection = lane.openConnection(node)
      if (connection === null) {
        this.#connect(node)
        return
      }
      const parcels = this.#pack(due, identity)
      this.#send(node, connection, parcels)
    }
  }

  #isDue(queue: PartitionQueue, node: BrokerNode, now: number): boolean {
    const isIdle = (this.#inFlight.get(node.id) ?? 0) === 0
    const next = queue.peek(now)
    if (next === null) return false
    if (!next.isOpen) return true
    const { lingerMs } = this.#parts.options
    if (next.batch.number < this.#parts.flushBelow()) return true
    return isIdle && now - next.batch.createdAt >= lingerMs
  }

  /** Takes one batch of each queue, as many as fit into a request. */
  #pack(queues: readonly PartitionQueue[], identity: ProducerIdentity | null): Parcel[] {
    const { options, cluster } = this.#parts
    const now = cluster.env.clock.monotonic()
    const parcels: Parcel[] = []
    let sizeBytes = REQUEST_OVERHEAD_BYTES
    for (const queue of queues) {
      const next = queue.peek(now)!.batch
      if (parcels.length > 0 && sizeBytes + next.sizeBytes > options.maxRequestBytes) break
      sizeBytes += next.sizeBytes
      parcels.push({ queue, batch: queue.take(identity) })
    }
    return parcels
  }

  #send(node: BrokerNode, connection: ClientConnection, parcels: Parcel[]): void {
    const { cluster, options, identity } = this.#parts
    const { transactionalId, maxProduceVersion } = identity
    const { acks } = options
    const metadata = cluster.metadata.current
    const batches = parcels.map(({ batch }) => batch)
    const timeoutMs = options.requestTimeoutMs ?? cluster.options.requestTimeoutMs
    let answer: Promise<Value<typeof ProduceResponse>>
    try {
      const version = connection.versionOf(PRODUCE, Math.min(maxProduceVersion, maxVersionFor(batches, metadata)))
      const request = produceRequest(batches, { version, transactionalId, acks, timeoutMs, metadata })
      if (acks === 0) {
        connection.send(PRODUCE.request, version, request)
        for (const parcel of parcels) this.#written(parcel, { baseOffset: -1, logAppendTimeMs: -1 })
        return
      }
      answer = connection.request(PRODUCE, version, request, { timeoutMs })
    } catch (error) {
      answer = Promise.reject(error)
    }
    this.#inFlight.set(node.id, (this.#inFlight.get(node.id) ?? 0) + 1)
    answer.then(
      (response) => this.#answered(node, parcels, { response, metadata }),
      (error) => this.#unanswered(node, parcels, error),
    )
  }

  #answered(
    node: BrokerNode,
    parcels: readonly Parcel[],
    from: { response: Value<typeof ProduceResponse>; metadata: ClusterMetadata },
  ): void {
    this.#landed(node)
    const answers = new ProduceAnswers(from.response, from.metadata)
    for (const parcel of parcels) {
      const { topic, partition } = parcel.batch.position
      const answer = answers.of(topic, partition)
      if (answer === undefined) this.#failed(parcel, new BrokerError(ErrorCode.UNKNOWN_SERVER_ERROR), null)
      else if (answer.errorCode === ErrorCode.NONE) this.#written(parcel, answer)
      else {
        this.#learnLeader(parcel, answer, from.response)
        this.#failed(parcel, new BrokerError(answer.errorCode, answer.errorMessage, parcel.batch.position), answer)
      }
    }
    this.#parts.onLanded()
    this.wake()
  }

  #unanswered(node: BrokerNode, parcels: readonly Parcel[], error: Error): void {
    this.#landed(node)
    this.#parts.cluster.env.logger.debug('produce request without an answer', { broker: node.id, error })
    for (const parcel of parcels) this.#failed(parcel, error, null)
    this.#parts.onLanded()
    this.wake()
  }

  #landed(node: BrokerNode): void {
    this.#inFlight.set(node.id, this.#inFlight.get(node.id)! - 1)
  }

  #written({ queue, batch }: Parcel, answer: { baseOffset: number; logAppendTimeMs: number }): void {
    queue.succeeded(batch)
    batch.succeed(answer.baseOffset, answer.logAppendTimeMs)
    this.#parts.onDone(batch)
  }

  #failed({ queue, batch }: Parcel, error: Error, answer: PartitionAnswer | null): void {
    const { cluster, options } = this.#parts
    const now = cluster.env.clock.monotonic()
    const mayRepeat = batch.attempts <= options.retries && now < batch.dueAt
    const code = error instanceof BrokerError ? error.errorCode : ErrorCode.NETWORK_EXCEPTION
    const isFinal = !(error instanceof BrokerError) && !isRetriable(error)
    const outcome = isFinal
      ? ({ kind: 'failed', wasWritten: 'no' } as const)
      : outcomeOf(code, {
          recordCount: batch.count,
          isIdempotent: options.isIdempotent,
          isTransactional: this.#parts.identity.transactionalId !== null,
          isOldest: queue.isOldest(batch),
          mayRepeat,
        })
    switch (outcome.kind) {
      case 'written':
      case 'duplicate':
        this.#written({ queue, batch }, { baseOffset: -1, logAppendTimeMs: -1 })
        return
      case 'split':
        queue.gaveUp(batch, 'no', batch.split())
        return
      case 'repeat':
      case 'repeat-in-new-epoch': {
        cluster.env.logger.debug('batch is sent again', { ...batch.position, attempts: batch.attempts, error })
        if (outcome.kind === 'repeat-in-new-epoch') queue.startNewEpoch()
        cluster.metadata.invalidate()
        queue.repeat(batch, now + backoffMs(cluster.env.random, cluster.options.retryBackoff, batch.attempts))
        this.#arm(now)
        return
      }
      case 'failed':
        queue.gaveUp(batch, outcome.wasWritten)
        this.#parts.identity.failed(error)
        batch.fail(this.#reason(batch, error, now), recordErrors(answer))
        this.#parts.onDone(batch)
    }
  }

  #reason(batch: RecordBatch, error: Error, now: number): Error {
    if (now < batch.dueAt || !isRetriable(error)) return error
    return this.#expired(batch, error)
  }

  #expired(batch: RecordBatch, cause: unknown): KafkaError {
    const { topic, partition } = batch.position
    const count = batch.count
    const what = `${count} record${count === 1 ? '' : 's'} for ${topic}-${partition}`
    return new TimeoutError(`${what} could not be delivered within ${this.#parts.options.deliveryTimeoutMs} ms`, {
      topic,
      partition,
      cause,
    })
  }

  #expire(now: number): void {
    if (this.#parts.queues.size === 0) return
    for (const queue of [...this.#parts.queues.values()]) {
      for (const batch of queue.expire(now)) {
        const error = this.#expired(batch, undefined)
        this.#parts.identity.failed(error)
        batch.fail(error)
        this.#parts.onDone(batch)
      }
    }
  }

  #learnLeader({ batch }: Parcel, answer: PartitionAnswer, response: Value<typeof ProduceResponse>): void {
    const { leaderId, leaderEpoch } = answer.currentLeader
    if (leaderId < 0) return
    const nodes = response.nodeEndpoints.map(({ nodeId: id, host, port, rack }) => ({ id, host, port, rack }))
    this.#parts.cluster.metadata.learnLeader({ ...batch.position, leader: leaderId, leaderEpoch, nodes })
  }

  #connect(node: BrokerNode): void {
    if (this.#connecting.has(node.id)) return
    this.#connecting.add(node.id)
    const { cluster, lane } = this.#parts
    lane
      .connection(node)
      .catch((error) => {
        if (error instanceof KafkaError && error.code === 'CLOSED') return
        cluster.env.logger.debug('no connection to a leader', { broker: node.id, error })
        if (error instanceof AuthenticationError) this.#refuse(node, error)
        else cluster.metadata.invalidate()
      })
      .finally(() => {
        this.#connecting.delete(node.id)
        this.wake()
      })
  }

  /** The broker will not have this client: what is for it fails now, and not when its time is over. */
  #refuse(node: BrokerNode, error: AuthenticationError): void {
    const { cluster, queues, options, identity } = this.#parts
    const current = options.isIdempotent ? identity.current() : null
    const now = cluster.env.clock.monotonic()
    for (const queue of [...queues.values()]) {
      const { topic, partition } = queue.position
      if (cluster.metadata.leader(topic, partition)?.node.id !== node.id) continue
      while (queue.peek(now) !== null) this.#failed({ queue, batch: queue.take(current) }, error, null)
    }
  }

  /** Wakes at the next time at which something is due: a linger, a back-off, a delivery timeout. */
  #arm(now: number): void {
    const { cluster, queues, options } = this.#parts
    let next = Number.POSITIVE_INFINITY
    for (const queue of queues.values()) {
      for (const batch of queue.batches()) {
        if (batch.dueAt > now) next = Math.min(next, batch.dueAt)
        const lingered = batch.createdAt + options.lingerMs
        if (lingered > now) next = Math.min(next, lingered)
        break
      }
      if (queue.notBefore > now) next = Math.min(next, queue.notBefore)
    }
    // A timer that fires sooner only looks again: with one for each batch a single send would pay for two.
    if (next >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = next
    this.#timer = cluster.env.timers.after(next - now, () => {
      this.#timerAt = Number.POSITIVE_INFINITY
      this.wake()
    })
  }
}

function recordErrors(answer: PartitionAnswer | null): ReadonlyMap<number, string | null> | undefined {
  if (answer === null || answer.recordErrors.length === 0) return undefined
  return new Map(answer.recordErrors.map((error) => [error.batchIndex, error.batchIndexErrorMessage]))
}
