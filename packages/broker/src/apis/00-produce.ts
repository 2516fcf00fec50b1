/**
 * Produce (key 0), versions 3 to 13.
 *
 * Appends one batch per partition and answers when it is safe: with acks = 1 on this replica, with acks = all on all in sync, with
 * acks = 0 not at all (an error closes the connection then, since nothing else could tell the client). Idempotent producers are
 * checked by the log; batches of a transaction once more with its coordinator (KIP-890). Versions: 5 log start offset, 7 zstd, 8 per-record
 * errors, 9 flexible, 10 leader hints, 11 TRANSACTION_ABORTABLE, 12 the partition joins the transaction by the write, 13 topic ids.
 * Advertised from 0: librdkafka takes a higher minimum for a broker without compression (KAFKA-18659).
 */
import type { AppendOptions, AppendResult } from '@ottla/log'
import type { ServerRequest } from '@ottla/net'
import { codecOf, ErrorCode, isTransactional, ProduceRequest, ProduceResponse, type Value } from '@ottla/protocol'
import { encodeResponse } from '../encode-response.ts'
import { LeaderHints } from '../fetch/leader-hint.ts'
import { INTERNAL_TOPICS } from '../internal-topics.ts'
import { checkProduced } from '../produce/check-produced.ts'
import { PendingProduce, type ProduceOutcome } from '../produce/pending-produce.ts'
import {
  appendVerified,
  hasTransactionalBatch,
  type VerifiedBatch,
  verifyBatch,
} from '../produce/transactional-produce.ts'
import { guarded } from '../raw-answer.ts'
import type { Replica } from '../replica/replica.ts'
import type { RequestContext } from '../request-context.ts'
import type { RawApi } from './handler.ts'

type Request = Value<typeof ProduceRequest>

const FIRST_VERSION_WITH_TOPIC_IDS = 13
const PRODUCE = 0
const ACKS_ALL = -1
/** Written by coordinators alone; Kafka's own tools may, under this client id. */
const ADMIN_CLIENT_ID = '__admin_client'

export const produce: RawApi = {
  kind: 'raw',
  key: 0,
  versions: { min: 3, max: 13 },
  advertised: { min: 0, max: 13 },
  handle(context, reader, exchange) {
    const request = codecOf(ProduceRequest, context.apiVersion).decode(reader)
    new Produce(context, request, exchange).run()
  },
}

/** Options of an append, but for where. */
type Unplaced = Omit<AppendOptions, 'leaderEpoch'>

/** One partition of the request, and what becomes of it. */
interface Part {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly records: Buffer | null
}

class Produce {
  readonly #context: RequestContext
  readonly #request: Request
  readonly #exchange: ServerRequest
  readonly #parts: Part[] = []
  readonly #outcomes: ProduceOutcome[] = []
  readonly #pending: PendingProduce

  constructor(context: RequestContext, request: Request, exchange: ServerRequest) {
    this.#context = context
    this.#request = request
    this.#exchange = exchange
    this.#pending = new PendingProduce(this.#outcomes, context.broker.deadlines, () =>
      guarded(context, exchange, () => this.#respond()),
    )
  }

  run(): void {
    const { acks, topicData, timeoutMs } = this.#request
    for (const { name, topicId, partitionData } of topicData) {
      for (const { index, records } of partitionData) {
        this.#parts.push({ topic: name, topicId, partition: index, records })
        this.#outcomes.push(freshOutcome(index))
      }
    }
    const refusal = acks < ACKS_ALL || acks > 1 ? ErrorCode.INVALID_REQUIRED_ACKS : this.#refusalOfAll()
    for (let at = 0; at < this.#parts.length; at++) {
      if (refusal === ErrorCode.NONE) this.#start(at)
      else this.#refuse(at, refusal, null)
    }
    this.#pending.seal(timeoutMs)
  }

  /** Appends now, or when the log is open. Appends to one partition keep their order either way. */
  #start(at: number): void {
    const { topic, topicId, partition } = this.#parts[at]!
    const { replicas } = this.#context.broker
    const isById = this.#context.apiVersion >= FIRST_VERSION_WITH_TOPIC_IDS
    const { replica, error } = isById ? replicas.findById(topicId, partition) : replicas.find(topic, partition)
    if (replica === undefined) this.#refuse(at, error, null)
    else if (replica.isReady) this.#append(at, replica)
    else {
      this.#pending.hold(at)
      replica.whenReady(() => {
        if (this.#pending.isOpen(at) && this.#append(at, replica)) this.#pending.settle(at)
      })
    }
  }

  /** Transactions are for those who may use the transactional id; nobody may use none. */
  #refusalOfAll(): number {
    const isWithoutId = this.#request.transactionalId === null || this.#request.transactionalId === ''
    const isRefused = isWithoutId && this.#parts.some(({ records }) => hasTransactionalBatch(records))
    return isRefused ? ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED : ErrorCode.NONE
  }

  /** True when the outcome is final. */
  #append(at: number, replica: Replica): boolean {
    const error = this.#errorBefore(at, replica)
    if (error !== ErrorCode.NONE) return this.#refuse(at, error, null)
    const { broker, apiVersion } = this.#context
    const check = checkProduced(this.#parts[at]!.records ?? NO_BYTES, {
      config: replica.log.config,
      validation: broker.config.values['ottla.produce.validation'] === 'full' ? 'full' : 'header',
      nowMs: broker.env.clock.now(),
      apiVersion,
      maxDecompressedBytes: replica.maxDecompressedBytes,
    })
    if (check.kind === 'bad') return this.#refuse(at, check.error, check.message, check.recordErrors)
    const options = { origin: 'client' as const, owner: check.isRecompressed ? undefined : this.#exchange.frame }
    if (isTransactional(check.records, 0)) return this.#appendInTransaction(at, replica, check.records, options)
    return this.#appended(at, replica, replica.append(check.records, options))
  }

  #appendInTransaction(at: number, replica: Replica, records: Buffer, options: Unplaced): boolean {
    const { broker, apiVersion } = this.#context
    const transactionalId = this.#request.transactionalId ?? ''
    const verification = verifyBatch(broker, { transactionalId, apiVersion, replica, records })
    if (verification.kind === 'known') return this.#appended(at, replica, replica.append(records, options))
    this.#pending.hold(at)
    const goOn = ({ guard, refusal }: VerifiedBatch): void => {
      if (!this.#pending.isOpen(at)) return
      const error = refusal?.error ?? this.#errorBefore(at, replica)
      const isDone =
        error === ErrorCode.NONE
          ? this.#appended(at, replica, appendVerified(replica, records, { ...options, guard }))
          : this.#refuse(at, error, refusal?.message ?? null)
      if (isDone) this.#pending.settle(at)
    }
    void verification.answer.then((verified) => guarded(this.#context, this.#exchange, () => goOn(verified)))
    return false
  }

  #errorBefore(at: number, replica: Replica): number {
    const error = replica.leaderError(-1)
    if (error === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION && this.#parts[at]!.topic === '')
      return ErrorCode.UNKNOWN_TOPIC_ID
    if (error !== ErrorCode.NONE) return error
    if (INTERNAL_TOPICS.has(replica.topic) && this.#context.clientId !== ADMIN_CLIENT_ID) {
      return ErrorCode.INVALID_TOPIC_EXCEPTION
    }
    if (this.#request.acks === ACKS_ALL && replica.image.isr.length < replica.minInsyncReplicas) {
      return ErrorCode.NOT_ENOUGH_REPLICAS
    }
    return ErrorCode.NONE
  }

  #appended(at: number, replica: Replica, result: AppendResult): boolean {
    if (result.kind === 'rejected') return this.#refuse(at, result.error, result.message)
    const outcome = this.#outcomes[at]!
    outcome.baseOffset = result.baseOffset
    outcome.logAppendTimeMs = result.logAppendTimeMs
    outcome.logStartOffset = replica.logStartOffset
    replica.traffic.produced(result.lastOffset - result.baseOffset + 1, this.#parts[at]!.records?.length ?? 0)
    const { acks } = this.#request
    if (acks === 0) return true
    return this.#pending.await(at, replica, { endOffset: result.lastOffset + 1, scope: acks === 1 ? 'local' : 'all' })
  }

  #refuse(at: number, error: number, message: string | null, recordErrors = NO_ERRORS): true {
    const outcome = this.#outcomes[at]!
    outcome.errorCode = error
    outcome.errorMessage = message
    outcome.recordErrors = recordErrors
    this.#countRefusal(this.#parts[at]!)
    return true
  }

  #countRefusal({ topic, topicId, partition, records }: Part): void {
    const { metrics, replicas } = this.#context.broker
    const { replica } = topic === '' ? replicas.findById(topicId, partition) : replicas.find(topic, partition)
    const traffic = replica?.traffic ?? metrics.traffic
    traffic.produceFailed(records?.length ?? 0)
  }

  #respond(): void {
    const { acks } = this.#request
    const { quotas } = this.#context.broker
    const pauseMs = quotas.produced(this.#context, this.#exchange.sizeBytes)
    if (this.#exchange.isOver) this.#exchange.respondNothing()
    else if (acks !== 0) this.#exchange.respond(this.#encode(pauseMs))
    else {
      const failed = this.#outcomes.find(({ errorCode }) => errorCode !== ErrorCode.NONE)
      if (failed === undefined) this.#exchange.respondNothing()
      else this.#exchange.fail(`produce with acks = 0 failed with error ${failed.errorCode}`)
    }
    quotas.pause(this.#exchange.connection, pauseMs)
  }

  #encode(throttleTimeMs: number): Buffer[] {
    const hints = new LeaderHints(this.#context)
    const { replicas, metrics } = this.#context.broker
    let at = 0
    const responses = this.#request.topicData.map(({ name, topicId, partitionData }) => {
      const id = name === '' ? topicId : replicas.topicId(name)
      return {
        name,
        topicId,
        partitionResponses: partitionData.map(({ index }) => {
          const outcome = this.#outcomes[at++]!
          metrics.countError(PRODUCE, outcome.errorCode)
          if (this.#context.apiVersion >= 10) outcome.currentLeader = hints.of(id, index, outcome.errorCode)
          return outcome
        }),
      }
    })
    return encodeResponse(this.#context, ProduceResponse, { responses, throttleTimeMs, nodeEndpoints: hints.endpoints })
  }
}

const NO_BYTES = Buffer.alloc(0)
const NO_ERRORS: ProduceOutcome['recordErrors'] = []

function freshOutcome(index: number): ProduceOutcome {
  return {
    index,
    isOpen: false,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: NO_ERRORS,
    currentLeader: undefined,
  }
}
