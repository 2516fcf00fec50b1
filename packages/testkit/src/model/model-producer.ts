/**
 * A producer of one partition. Sends its batches until each is acknowledged, several in flight, in order; after a broken connection
 * or an error that may pass it sends what is not acknowledged again, with the same sequences.
 */
import {
  ErrorCode,
  errorOf,
  InitProducerIdRequest,
  InitProducerIdResponse,
  ProduceRequest,
  ProduceResponse,
} from '@ottla/protocol'
import { type WireConnection, WireError } from '../wire/wire-connection.ts'
import type { PartitionHistory } from './history.ts'
import {
  drawCompression,
  drawRecords,
  encodeBatch,
  type ModelBatch,
  type ProducerIdentity,
  type ValueSizes,
} from './model-batch.ts'
import type { ModelClient } from './model-client.ts'
import type { ModelPartition } from './model-topic.ts'
import { expectNoError, retry, sleep, TryAgain, Violation } from './retry.ts'

export interface ModelProducerOptions {
  readonly client: ModelClient
  readonly name: string
  readonly target: ModelPartition
  readonly history: PartitionHistory
  readonly isIdempotent: boolean
  /** Batches to send. */
  readonly batches: number
  readonly maxInFlight: number
  readonly maxRecordsPerBatch: number
  readonly maxBatchBytes: number
  readonly values: ValueSizes
  /** Between batches, at most. */
  readonly pauseMs: number
  /** Virtual milliseconds without any progress after which the producer counts as stuck. */
  readonly giveUpAfterMs: number
  /** Whether a loss of what was acknowledged must be borne: then the producer begins anew. */
  readonly bearsLoss: boolean
  /**
   * Whether a first batch may be refused and a later one taken: a partition that could not be opened for a while knows nothing of
   * the producer, and takes any sequence as its first. The producer then takes another id, as Kafka's do, and loses its order.
   */
  readonly bearsOvertaking: boolean
}

const PRODUCE = { request: ProduceRequest, response: ProduceResponse }
const INIT = { request: InitProducerIdRequest, response: InitProducerIdResponse }
const TOPIC_ID_VERSION = 13
const ACKS_ALL = -1
const TIMEOUT_MS = 10_000
/** How often a client hangs up in the middle, per batch. */
const DISCONNECT_CHANCE = 0.01

interface Flight {
  readonly batch: ModelBatch
  readonly answer: Promise<Answer>
}

interface Answer {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly baseOffset: number
}

/** What a client must never be told of a sequence that it keeps in order: its producer's state was lost. */
const LOST_STATE: ReadonlySet<number> = new Set([
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
  ErrorCode.DUPLICATE_SEQUENCE_NUMBER,
  ErrorCode.INVALID_PRODUCER_EPOCH,
])

export class ModelProducer {
  readonly #options: ModelProducerOptions
  /** In the order of their sequences. */
  #unacked: ModelBatch[] = []
  #identity: ProducerIdentity | null = null
  #nextIndex = 0
  #nextSequence = 0
  #left: number
  #acked = 0
  #resent = 0
  #refusals = 0
  /** What was found out about the sequences while others were still under way. */
  #isOvertaken = false
  #isForgotten = false
  #isLost = false
  /** Behind the last record that was acknowledged. */
  #ackedEnd = 0

  constructor(options: ModelProducerOptions) {
    this.#options = options
    this.#left = options.batches
  }

  get ackedBatches(): number {
    return this.#acked
  }

  /** Batches that were sent once more. */
  get resentBatches(): number {
    return this.#resent
  }

  /** Answers with an error that passes. */
  get refusals(): number {
    return this.#refusals
  }

  /** Resolves when all is acknowledged. */
  async run(): Promise<void> {
    const { client, giveUpAfterMs, name } = this.#options
    const progress = (): number => this.#acked
    await retry({ env: client.env, what: name, giveUpAfterMs, progress }, async () => {
      while (this.#left > 0 || this.#unacked.length > 0) await this.#session()
    })
  }

  /** Until all is acknowledged, or something goes wrong: then what is not acknowledged is sent anew, in order. */
  async #session(): Promise<void> {
    const { client, maxInFlight, isIdempotent } = this.#options
    // All of a session goes over one connection: what it lost is sent again before anything new.
    const connection = await client.connection()
    if (this.#isOvertaken || this.#isForgotten || this.#isLost) this.#beginAnew()
    if (isIdempotent && this.#identity === null) await this.#initialize()
    const flights: Flight[] = []
    this.#resent += this.#unacked.length
    let next = 0
    for (;;) {
      while (flights.length < maxInFlight) {
        const batch = this.#unacked[next] ?? (await this.#draw())
        if (batch === undefined) break
        next++
        flights.push(this.#send(connection, batch))
      }
      const first = flights.shift()
      if (first === undefined) return
      const outcome = await this.#settle(first)
      if (outcome !== null) {
        for (const flight of flights) await this.#settle(flight)
        throw new TryAgain(outcome)
      }
      next--
    }
  }

  async #draw(): Promise<ModelBatch | undefined> {
    const { client, name, history, isIdempotent, maxRecordsPerBatch, pauseMs } = this.#options
    if (this.#left === 0) return undefined
    if (pauseMs > 0 && client.random.chance(0.5)) await sleep(client.env, client.random.float() * pauseMs)
    const records = drawRecords(client.random, {
      producer: name,
      isIdempotent,
      nowMs: client.env.clock.now(),
      index: this.#nextIndex,
      count: client.random.between(1, maxRecordsPerBatch),
      maxBytes: this.#options.maxBatchBytes,
      values: this.#options.values,
    })
    for (const record of records) history.sent.set(record.id, record)
    const compression = drawCompression(client.random, client.versionOf(ProduceRequest))
    const batch = { records, baseSequence: this.#nextSequence, compression }
    this.#nextIndex += records.length
    this.#nextSequence += records.length
    this.#left--
    this.#unacked.push(batch)
    return batch
  }

  #send(connection: WireConnection, batch: ModelBatch): Flight {
    const { client, target } = this.#options
    const records = encodeBatch(batch, this.#identity)
    const { topic, partition } = target
    const isById = client.versionOf(ProduceRequest) >= TOPIC_ID_VERSION
    const answer = client
      .callOn(connection, PRODUCE, {
        acks: client.random.chance(0.8) ? ACKS_ALL : 1,
        timeoutMs: TIMEOUT_MS,
        topicData: [
          {
            ...(isById ? { topicId: topic.id } : { name: topic.name }),
            partitionData: [{ index: partition, records }],
          },
        ],
      })
      .then(({ responses }) => {
        const response = responses[0]?.partitionResponses[0]
        if (response?.index !== partition) throw new Violation('a produce answer without its partition')
        return response
      })
    answer.catch(() => {})
    if (client.random.chance(DISCONNECT_CHANCE)) client.disconnect()
    return { batch, answer }
  }

  /** Null when the batch is acknowledged; else why it is sent again. */
  async #settle({ batch, answer }: Flight): Promise<string | null> {
    let outcome: Answer
    try {
      outcome = await answer
    } catch (error) {
      if (error instanceof WireError) return error.message
      throw error
    }
    const { errorCode, baseOffset } = outcome
    if (errorCode === ErrorCode.NONE) {
      this.#options.history.acked(batch.records, baseOffset)
      this.#unacked = this.#unacked.filter((other) => other.records !== batch.records)
      this.#acked++
      this.#ackedEnd = baseOffset + batch.records.length
      return null
    }
    const text = `${this.#options.name} at sequence ${batch.baseSequence}: ${errorOf(errorCode).name} ${outcome.errorMessage ?? ''}`
    if (LOST_STATE.has(errorCode) && this.#options.isIdempotent) this.#refused(batch, errorCode, text)
    else if (!errorOf(errorCode).retriable) throw new Violation(text)
    else this.#refusals++
    return text
  }

  #refused(batch: ModelBatch, errorCode: number, text: string): void {
    const { bearsLoss, bearsOvertaking } = this.#options
    const isOutOfOrder = errorCode === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    if (this.#unacked[0] !== batch && isOutOfOrder) return
    // What is written, not acknowledged and deleted is gone from the log, and of it a start finds the last batch alone, in the snapshot.
    const mayBeDeleted = this.#options.history.deletedBefore > this.#ackedEnd
    if (isOutOfOrder && mayBeDeleted) this.#isForgotten = true
    else if (bearsOvertaking && batch.baseSequence === 0) this.#isOvertaken = true
    else if (!bearsLoss) throw new Violation(text)
    else this.#isLost = true
  }

  /** What is not acknowledged is sent with another id, from sequence 0 on; where it may be lost, it is given up. */
  #beginAnew(): void {
    const { history } = this.#options
    if (this.#isLost) this.#unacked = []
    if (this.#isForgotten)
      for (const { records } of this.#unacked) for (const { id } of records) history.mayRepeat.add(id)
    this.#isOvertaken = false
    this.#isForgotten = false
    this.#isLost = false
    this.#identity = null
    this.#nextSequence = 0
    this.#unacked = this.#unacked.map((batch) => {
      const baseSequence = this.#nextSequence
      this.#nextSequence += batch.records.length
      return { ...batch, baseSequence }
    })
    history.mayReorder = true
  }

  async #initialize(): Promise<void> {
    const answer = await this.#options.client.call(INIT, () => ({
      transactionalId: null,
      transactionTimeoutMs: 60_000,
    }))
    expectNoError(answer.errorCode, 'InitProducerId')
    if (answer.producerId < 0 || answer.producerEpoch !== 0) throw new Violation(`producer id ${answer.producerId}`)
    this.#identity = { id: answer.producerId, epoch: answer.producerEpoch }
  }
}
