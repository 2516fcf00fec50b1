/**
 * The two ways in which transactions are run. Since transaction.version 2 (KIP-890) partitions join a transaction by being written to, and each
 * end gives the producer the next epoch. Before, the producer adds partitions itself and keeps its epoch until something goes wrong.
 */
import type { ClientConnection } from '@ottla/net'

export interface TransactionProtocol {
  readonly name: 'v1' | 'v2'
  readonly maxProduceVersion: number
  readonly maxOffsetCommitVersion: number
  readonly maxEndVersion: number
}

const V1: TransactionProtocol = { name: 'v1', maxProduceVersion: 11, maxOffsetCommitVersion: 4, maxEndVersion: 4 }
/** TxnOffsetCommit names topics by id from version 6 on. */
const V2: TransactionProtocol = {
  name: 'v2',
  maxProduceVersion: Number.POSITIVE_INFINITY,
  maxOffsetCommitVersion: 5,
  maxEndVersion: 5,
}

/** What the cluster of the connection has finalized, for the next transaction. */
export function protocolOf({ peer }: ClientConnection): TransactionProtocol {
  const feature = peer.features.get('transaction.version')
  return (feature ?? 0) >= 2 ? V2 : V1
}
