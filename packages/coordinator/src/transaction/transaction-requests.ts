/** Decisions about requests and reports, each from a request in the terms of its part to a decision of the shard. */
import { ErrorCode } from '@ottla/protocol'
import type { Instant, ReplyToken } from '@ottla/runtime'
import { type AddPartitions, decideAddPartitions, type PartitionError, verifyPartitions } from './add-partitions.ts'
import { decideEndTransaction, decideTimeOut, type EndTransaction } from './end-transaction.ts'
import { decideInitProducerId, type InitProducerId } from './init-producer-id.ts'
import { decideReport, isAbout, type When } from './markers.ts'
import { type PartitionSet, partitionsIn } from './partition-set.ts'
import type { MarkerReport } from './ports.ts'
import { NEEDS_PRODUCER_ID, NeedsProducerIdError, type ProducerAnswer } from './producer-answer.ts'
import type { ProducerIdAndEpoch } from './transaction.ts'
import type { TransactionShard } from './transaction-shard.ts'
import type { TransactionDecision, TransactionTurn } from './transaction-turn.ts'

/** What a decision about a request is made from beside the request. */
export interface Asked {
  readonly shard: TransactionShard
  readonly token: ReplyToken
  readonly now: Instant
}

/** Beside that, an id that nobody had; null: see whether one is needed. */
export type AskedWithId = Asked & { readonly spareProducerId: number | null }

/** Replies a {@link ProducerAnswer}. Throws NeedsProducerIdError. */
export function initProducerId(asked: AskedWithId, request: InitProducerId): TransactionDecision {
  const turn = asked.shard.turn(asked.now, asked.spareProducerId)
  const known = asked.shard.transactions.get(request.transactionalId)
  turn.reply(asked.token, answered(decideInitProducerId(known, request, turn)))
  return turn.decision()
}

/** Replies a {@link ProducerAnswer}. Throws NeedsProducerIdError. */
export function endTransaction(asked: AskedWithId, request: EndTransaction): TransactionDecision {
  const turn = asked.shard.turn(asked.now, asked.spareProducerId)
  const known = asked.shard.transactions.get(request.transactionalId)
  turn.reply(asked.token, answered(decideEndTransaction(known, request, turn)))
  return turn.decision()
}

function answered(answer: ProducerAnswer | typeof NEEDS_PRODUCER_ID): ProducerAnswer {
  if (answer === NEEDS_PRODUCER_ID) throw new NeedsProducerIdError()
  return answer
}

/** Replies {@link PartitionError}s. */
export function addPartitions({ shard, token, now }: Asked, request: AddPartitions): TransactionDecision {
  const turn = shard.turn(now)
  const errorCode = decideAddPartitions(shard.transactions.get(request.transactionalId), request, turn)
  turn.reply(token, errorsOf(request.partitions, errorCode))
  return turn.decision()
}

/** Replies {@link PartitionError}s. */
export function verify({ shard, token, now }: Asked, request: AddPartitions): TransactionDecision {
  const turn = shard.turn(now)
  turn.reply(token, verifyPartitions(shard.transactions.get(request.transactionalId), request))
  return turn.decision()
}

export function errorsOf(partitions: PartitionSet, errorCode: number): PartitionError[] {
  return [...partitionsIn(partitions)].map((each) => ({ ...each, errorCode }))
}

/** With the id that a timed out transaction asked for. Replies nothing of value. */
export function timeOut(
  asked: AskedWithId,
  { transactionalId, producer }: { readonly transactionalId: string; readonly producer: ProducerIdAndEpoch },
): TransactionDecision {
  const turn = asked.shard.turn(asked.now, asked.spareProducerId)
  decideTimeOut(asked.shard.transactions.get(transactionalId), producer, turn)
  turn.reply(asked.token, ErrorCode.NONE)
  return turn.decision()
}

/** Replies nothing of value. */
export function markersWritten({ shard, token, now }: Asked, report: MarkerReport, when: When): TransactionDecision {
  const turn = shard.turn(now)
  const prepared = shard.prepared(report.transactionalId)
  if (prepared !== undefined && isAbout(prepared, report)) decideReport(prepared, report.results, { when, turn })
  turn.reply(token, ErrorCode.NONE)
  return turn.decision()
}

/** Topics are no more: nobody there waits for a marker. Replies nothing of value. */
export function dropTopics({ shard, token, now }: Asked, topics: readonly string[]): TransactionDecision {
  const turn = shard.turn(now)
  for (const transactionalId of shard.markers.keys()) dropTopicsOf(shard, { transactionalId, topics }, turn)
  turn.reply(token, ErrorCode.NONE)
  return turn.decision()
}

function dropTopicsOf(
  shard: TransactionShard,
  { transactionalId, topics }: { readonly transactionalId: string; readonly topics: readonly string[] },
  turn: TransactionTurn,
): void {
  const prepared = shard.prepared(transactionalId)
  if (prepared === undefined) return
  const { sent, toSend } = prepared.progress
  const results = topics.flatMap((topic) =>
    [...(sent.get(topic) ?? []), ...(toSend.get(topic) ?? [])].map(
      (partition) => ({ kind: 'deleted', topic, partition }) as const,
    ),
  )
  if (results.length > 0) decideReport(prepared, results, { when: 'later', turn })
}
