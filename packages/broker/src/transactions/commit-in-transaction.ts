/** TxnOffsetCommit at the leader of the group's partition: the transaction is verified as before a batch, then the offsets are written. */
import type { RequestContext as GroupRequestContext } from '@ottla/coordinator'
import { ErrorCode, type Init, type TxnOffsetCommitRequest, type TxnOffsetCommitResponse } from '@ottla/protocol'
import type { BrokerContext } from '../broker-context.ts'
import { GROUP_METADATA_TOPIC } from '../internal-topics.ts'
import type { Replica } from '../replica/replica.ts'
import { whenReady } from '../replica/when-ready.ts'
import { refusalOf } from './verification-errors.ts'

type Response = Init<typeof TxnOffsetCommitResponse>

/** Producers of this version on do not ask for the group's partition to be added. */
const FIRST_VERSION_THAT_ADDS = 5
/** First version that may be answered TRANSACTION_ABORTABLE. */
const FIRST_VERSION_WITH_ABORTABLE = 4
const FIRST_VERSION_WITH_LOADING = 2
/** Offsets have no sequence. */
const NO_SEQUENCE = -1

export async function commitInTransaction(
  broker: BrokerContext,
  request: TxnOffsetCommitRequest,
  context: GroupRequestContext,
): Promise<Response> {
  if (request.groupId === '') return refused(request, ErrorCode.INVALID_GROUP_ID, context)
  const { coordinator } = broker.groups
  const { replica } = broker.replicas.find(GROUP_METADATA_TOPIC, coordinator.partitionFor(request.groupId))
  if (replica === undefined) return refused(request, ErrorCode.NOT_COORDINATOR, context)
  if (!replica.isReady) await whenReady(replica)
  if (replica.leaderError(-1) !== ErrorCode.NONE) return refused(request, ErrorCode.NOT_COORDINATOR, context)
  const errorCode = await verify(broker, replica, request, context.apiVersion)
  return errorCode === ErrorCode.NONE
    ? coordinator.txnOffsetCommit(request, context)
    : refused(request, errorCode, context)
}

/** The commit has to follow in the same turn. */
async function verify(
  { transactions, config }: BrokerContext,
  replica: Replica,
  { transactionalId, producerId, producerEpoch }: TxnOffsetCommitRequest,
  apiVersion: number,
): Promise<number> {
  const addedPartitions = apiVersion >= FIRST_VERSION_THAT_ADDS
  if (replica.log.hasOpenTransaction(producerId, producerEpoch)) return ErrorCode.NONE
  if (!addedPartitions && !config.values['transaction.partition.verification.enable']) return ErrorCode.NONE
  const about = { transactionalId, producerId, producerEpoch, kind: addedPartitions ? 'add' : 'verify' } as const
  const { errorCode: code, guard } = await transactions.verifier.verify(replica, about, NO_SEQUENCE)
  const refusal = refusalOf(code, { addedPartitions, abortable: apiVersion >= FIRST_VERSION_WITH_ABORTABLE })
  if (refusal !== null) return asOfCoordinator(code, refusal.error)
  if (replica.leaderError(-1) !== ErrorCode.NONE) return ErrorCode.NOT_COORDINATOR
  const isBegun = replica.log.hasOpenTransaction(producerId, producerEpoch) || replica.guards.isValid(guard)
  return isBegun ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE
}

/** The client asked a coordinator, and knows what to do about one that is loading. */
function asOfCoordinator(code: number, refused: number): number {
  if (code === ErrorCode.NETWORK_EXCEPTION) return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
  if (refused !== ErrorCode.NOT_ENOUGH_REPLICAS) return refused
  return code === ErrorCode.CONCURRENT_TRANSACTIONS ? code : ErrorCode.COORDINATOR_NOT_AVAILABLE
}

function refused({ topics }: TxnOffsetCommitRequest, code: number, { apiVersion }: GroupRequestContext): Response {
  const isTooNew = code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS && apiVersion < FIRST_VERSION_WITH_LOADING
  const errorCode = isTooNew ? ErrorCode.COORDINATOR_NOT_AVAILABLE : code
  return {
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  }
}
