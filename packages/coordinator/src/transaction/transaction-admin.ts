/** DescribeTransactions and ListTransactions: from the request to reads of the committed state. */
import {
  ApiError,
  type DescribeTransactionsRequest,
  type DescribeTransactionsResponse,
  ErrorCode,
  type Init,
  type ListTransactionsRequest,
  type ListTransactionsResponse,
} from '@ottla/protocol'
import type { CompilePattern } from './ports.ts'
import type { Route } from './producer-requests.ts'
import type { TransactionPartition } from './transaction-partition.ts'
import {
  describeTransaction,
  listTransactions,
  STATE_NAMES,
  type TransactionDescription,
} from './transaction-queries.ts'

export interface TransactionAdminOptions {
  readonly route: Route
  readonly partitions: () => Iterable<TransactionPartition>
  readonly isLoading: () => boolean
  readonly nowMs: () => number
  readonly compilePattern: CompilePattern
}

export class TransactionAdmin {
  readonly #options: TransactionAdminOptions

  constructor(options: TransactionAdminOptions) {
    this.#options = options
  }

  describeTransactions({ transactionalIds }: DescribeTransactionsRequest): Init<typeof DescribeTransactionsResponse> {
    return { transactionStates: transactionalIds.map((transactionalId) => this.#describe(transactionalId)) }
  }

  #describe(transactionalId: string): TransactionDescription {
    if (transactionalId === '') return { errorCode: ErrorCode.INVALID_REQUEST, transactionalId }
    const found = this.#options.route(transactionalId)
    if ('errorCode' in found) return { errorCode: found.errorCode, transactionalId }
    return found.partition.query((shard, offset) => describeTransaction(shard, offset, transactionalId))
  }

  listTransactions(request: ListTransactionsRequest): Init<typeof ListTransactionsResponse> {
    const { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern } = request
    const { partitions, isLoading, nowMs } = this.#options
    if (isLoading()) return { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }
    const matchesId = this.#compile(transactionalIdPattern)
    if (matchesId === undefined) return { errorCode: ErrorCode.INVALID_REGULAR_EXPRESSION }
    const filter = {
      states: stateFilters.length === 0 ? null : new Set(stateFilters),
      producerIds: new Set(producerIdFilters),
      longerThanMs: durationFilter,
      nowMs: nowMs(),
      matchesId,
    }
    return {
      errorCode: ErrorCode.NONE,
      unknownStateFilters: stateFilters.filter((state) => !STATE_NAMES.has(state)),
      transactionStates: [...partitions()].flatMap((partition) =>
        partition.query((shard, offset) => listTransactions(shard, offset, filter)),
      ),
    }
  }

  /** undefined: it is no pattern. */
  #compile(pattern: string | null): ((transactionalId: string) => boolean) | undefined {
    if (pattern === null || pattern === '') return () => true
    try {
      return this.#options.compilePattern(pattern)
    } catch (error) {
      if (error instanceof ApiError || error instanceof SyntaxError) return undefined
      throw error
    }
  }
}
