/** TxnOffsetCommit and the markers of transactions: from the request to a decision, from its reply to the response. */
import {
  ApiError,
  ErrorCode,
  type Init,
  type TxnOffsetCommitRequest,
  type TxnOffsetCommitResponse,
} from '@ottla/protocol'
import type { PartitionMarker, TopicLookup } from '../ports.ts'
import { coordinatorErrorCode } from './coordinator-error.ts'
import { lookUpCommit } from './group-offsets.ts'
import type { GroupPartition } from './group-partition.ts'
import type { Route } from './membership.ts'
import type { Commit, CommitOutcome, CommitTopic } from './offsets/offset-commit.ts'
import { completeTransaction, txnCommit } from './offsets/txn-offset-commit.ts'
import type { RequestContext } from './request-context.ts'

export interface TransactionalOffsetsOptions {
  readonly route: Route
  readonly topics: () => TopicLookup
}

type ResponseTopic = NonNullable<Init<typeof TxnOffsetCommitResponse>['topics']>[number]

/** Since this version topics go by id. */
const BY_ID = 6
/** Before this version clients could not bear COORDINATOR_LOAD_IN_PROGRESS (KAFKA-7296). */
const FIRST_VERSION_WITH_LOADING = 2

export class TransactionalOffsets {
  readonly #options: TransactionalOffsetsOptions

  constructor(options: TransactionalOffsetsOptions) {
    this.#options = options
  }

  /** The transaction is known to be going on, and to hold the group's partition: see whoever calls. Appends in the same turn. */
  async txnOffsetCommit(
    request: TxnOffsetCommitRequest,
    { apiVersion }: RequestContext,
  ): Promise<Init<typeof TxnOffsetCommitResponse>> {
    const by = apiVersion >= BY_ID ? 'id' : 'name'
    const topics = request.topics.map((topic) => lookUpCommit(topic, by, this.#options.topics()))
    const wanted = topics.flatMap(({ commit }) => (commit.partitions.length === 0 ? [] : [commit]))
    const outcome = await this.#commit(request, wanted)
    let next = 0
    return {
      topics: topics.map(({ commit, errors, name, topicId }): ResponseTopic => {
        const codes = commit.partitions.length === 0 ? [] : (outcome[next++] ?? [])
        let nextCode = 0
        const partitions = errors.map(({ partition, errorCode }) => {
          const code = errorCode === ErrorCode.NONE ? (codes[nextCode++] ?? ErrorCode.UNKNOWN_SERVER_ERROR) : errorCode
          return { partitionIndex: partition, errorCode: txnCommitErrorCode(code, apiVersion) }
        })
        return by === 'id' ? { topicId, partitions } : { name, partitions }
      }),
    }
  }

  /** Rejects with ApiError. */
  async completeTransaction(partition: GroupPartition, marker: PartitionMarker): Promise<void> {
    if (!partition.isOpen) throw new ApiError(ErrorCode.NOT_COORDINATOR)
    await partition.submit<number>((asked) => completeTransaction(asked, marker))
  }

  async #commit(request: TxnOffsetCommitRequest, topics: readonly CommitTopic[]): Promise<CommitOutcome> {
    const all = (code: number) => topics.map(({ partitions }) => partitions.map(() => code))
    const found = this.#options.route(request.groupId)
    if ('errorCode' in found) return all(found.errorCode)
    const commit: Commit = {
      groupId: request.groupId,
      generationId: request.generationIdOrMemberEpoch,
      memberId: request.memberId,
      groupInstanceId: request.groupInstanceId,
      retentionMs: -1,
      knowsGroupIdNotFound: false,
      knowsMemberEpochs: true,
      producer: { id: request.producerId, epoch: request.producerEpoch },
      topics,
    }
    try {
      return await found.partition.submit<CommitOutcome>((asked) => txnCommit(asked, commit))
    } catch (error) {
      return all(coordinatorErrorCode(error, ErrorCode.INVALID_COMMIT_OFFSET_SIZE))
    }
  }
}

/** As a client of that version bears it. */
function txnCommitErrorCode(errorCode: number, apiVersion: number): number {
  const isTooNew = errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS && apiVersion < FIRST_VERSION_WITH_LOADING
  return isTooNew ? ErrorCode.COORDINATOR_NOT_AVAILABLE : errorCode
}
