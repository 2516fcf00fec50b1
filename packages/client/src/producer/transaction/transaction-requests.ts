/**
 * What a transactional producer asks of the coordinators: one function per request, each repeated while the reason for a refusal passes.
 */
import { ErrorCode } from '@ottla/protocol'
import { ADD_OFFSETS_TO_TXN, ADD_PARTITIONS_TO_TXN, END_TXN, INIT_PRODUCER_ID, TXN_OFFSET_COMMIT } from '../../apis.ts'
import type { CallContext, Cluster } from '../../cluster/cluster.ts'
import type { CommitIdentity, OffsetAndMetadata } from '../../consumer/group-offsets.ts'
import { BrokerError, KafkaError, throwBrokerError } from '../../errors.ts'
import { byTopic, type TopicPartition } from '../../topic-partition.ts'
import type { BatchPosition } from '../record-batch.ts'
import type { ProducerIdentity } from '../write-identity.ts'
import type { TransactionProtocol } from './transaction-protocol.ts'

/** Whose transaction. */
export interface TransactionOwner extends ProducerIdentity {
  readonly transactionalId: string
}

/** Version 6 is about two-phase commit. */
const INIT_MAX_VERSION = 5

/** The producer id and the next epoch of a transactional id; an open transaction of a former holder is aborted first. */
export async function initTransactionalProducer(
  cluster: Cluster,
  init: { readonly transactionalId: string; readonly transactionTimeoutMs: number },
  context: CallContext,
): Promise<ProducerIdentity> {
  const { transactionalId } = init
  const answer = await cluster.call(
    {
      target: { kind: 'transaction-coordinator', transactionalId },
      api: INIT_PRODUCER_ID,
      init,
      maxVersion: INIT_MAX_VERSION,
      what: `get the epoch of transactional id ${transactionalId}`,
      check: ({ errorCode }) => check(errorCode),
    },
    context,
  )
  return { producerId: answer.producerId, producerEpoch: answer.producerEpoch }
}

/** The end of a transaction is answered before its markers are written, and until then the next cannot begin: that takes milliseconds. */
const SOON = { initialMs: 20, maxMs: 1000 }

/** From version 4 on only brokers send it. */
const ADD_PARTITIONS_MAX_VERSION = 3

/** The partitions are part of the transaction: they will be told its end. */
export async function addPartitions(
  cluster: Cluster,
  { owner, partitions }: { readonly owner: TransactionOwner; readonly partitions: readonly BatchPosition[] },
  context: CallContext,
): Promise<void> {
  const { transactionalId, producerId, producerEpoch } = owner
  await cluster.call(
    {
      target: { kind: 'transaction-coordinator', transactionalId },
      api: ADD_PARTITIONS_TO_TXN,
      init: {
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: [...byTopic(partitions)].map(([name, ofTopic]) => ({
          name,
          partitions: ofTopic.map(({ partition }) => partition),
        })),
      },
      maxVersion: ADD_PARTITIONS_MAX_VERSION,
      backoff: SOON,
      what: `add partitions to the transaction of ${transactionalId}`,
      check: ({ resultsByTopicV3AndBelow }) => {
        for (const { name: topic, resultsByPartition } of resultsByTopicV3AndBelow) {
          for (const { partitionIndex: partition, partitionErrorCode } of resultsByPartition) {
            // One partition that is refused keeps the others out.
            if (partitionErrorCode !== ErrorCode.OPERATION_NOT_ATTEMPTED)
              check(partitionErrorCode, { topic, partition })
          }
        }
      },
    },
    context,
  )
}

/** Offsets that are committed if the transaction is. */
export interface TransactionalOffsets {
  readonly group: string
  readonly member: CommitIdentity
  readonly offsets: readonly (TopicPartition & OffsetAndMetadata)[]
}

/** The partition of the group's offsets is part of the transaction. */
export async function addOffsets(
  cluster: Cluster,
  { owner, group }: { readonly owner: TransactionOwner; readonly group: string },
  context: CallContext,
): Promise<void> {
  await cluster.call(
    {
      target: { kind: 'transaction-coordinator', transactionalId: owner.transactionalId },
      api: ADD_OFFSETS_TO_TXN,
      init: { ...owner, groupId: group },
      backoff: SOON,
      what: `add the offsets of group ${group} to the transaction of ${owner.transactionalId}`,
      check: ({ errorCode }) => check(errorCode, { group }),
    },
    context,
  )
}

/** Writes offsets that count when the transaction commits. */
export async function commitInTransaction(
  cluster: Cluster,
  {
    owner,
    commit,
    protocol,
  }: {
    readonly owner: TransactionOwner
    readonly commit: TransactionalOffsets
    readonly protocol: TransactionProtocol
  },
  context: CallContext,
): Promise<void> {
  const { group, member, offsets } = commit
  await cluster.call(
    {
      target: { kind: 'coordinator', group },
      api: TXN_OFFSET_COMMIT,
      init: (version) => ({
        ...owner,
        groupId: group,
        ...memberOf(version, member),
        topics: [...byTopic(offsets)].map(([name, ofTopic]) => ({
          name,
          partitions: ofTopic.map(({ partition, offset, leaderEpoch, metadata }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedLeaderEpoch: leaderEpoch ?? -1,
            committedMetadata: metadata ?? '',
          })),
        })),
      }),
      maxVersion: protocol.maxOffsetCommitVersion,
      backoff: SOON,
      what: `commit offsets of group ${group} in the transaction of ${owner.transactionalId}`,
      check: ({ topics }) => {
        for (const { name: topic, partitions } of topics) {
          for (const { partitionIndex: partition, errorCode } of partitions) {
            check(errorCode, { group, topic, partition })
          }
        }
      },
    },
    context,
  )
}

const MEMBERS_SINCE = 3

/** Without it a member that was replaced could commit over its successor: no transaction would be exactly once. */
function memberOf(version: number, { generation, memberId, groupInstanceId }: CommitIdentity) {
  if (version >= MEMBERS_SINCE) return { generationIdOrMemberEpoch: generation, memberId, groupInstanceId }
  if (generation < 0) return {}
  const message = 'the broker (before Kafka 2.5) cannot tell whether offsets are committed by a member of the group'
  throw new KafkaError('UNSUPPORTED_VERSION', message)
}

/** Ends the transaction. Gives the identity of the next one. Repeating it does no harm. */
export async function endTransaction(
  cluster: Cluster,
  {
    owner,
    outcome,
    protocol,
  }: {
    readonly owner: TransactionOwner
    readonly outcome: 'commit' | 'abort'
    readonly protocol: TransactionProtocol
  },
  context: CallContext,
): Promise<ProducerIdentity> {
  const { transactionalId } = owner
  const { producerId, producerEpoch } = await cluster.call(
    {
      target: { kind: 'transaction-coordinator', transactionalId },
      api: END_TXN,
      init: { ...owner, committed: outcome === 'commit' },
      maxVersion: protocol.maxEndVersion,
      what: `${outcome} the transaction of ${transactionalId}`,
      check: ({ errorCode }) => check(errorCode),
    },
    context,
  )
  return producerId >= 0
    ? { producerId, producerEpoch }
    : { producerId: owner.producerId, producerEpoch: owner.producerEpoch }
}

/** As throwBrokerError, except that being fenced has one name. */
function check(code: number, context: { topic?: string; partition?: number; group?: string } = {}): void {
  if (code === ErrorCode.INVALID_PRODUCER_EPOCH) throw new BrokerError(ErrorCode.PRODUCER_FENCED, null, context)
  throwBrokerError(code, null, context)
}
