/** The broker's settings that the transaction coordinator obeys. Names follow the config keys. */
export interface TransactionCoordinatorConfig {
  /** Partitions of `__transaction_state` (transaction.state.log.num.partitions at its creation). */
  readonly transactionStatePartitions: number
  /** transaction.max.timeout.ms */
  readonly transactionMaxTimeoutMs: number
  /** transactional.id.expiration.ms */
  readonly transactionalIdExpirationMs: number
  /** transaction.abort.timed.out.transaction.cleanup.interval.ms */
  readonly abortTimedOutIntervalMs: number
  /** transaction.remove.expired.transaction.cleanup.interval.ms */
  readonly removeExpiredIntervalMs: number
  /** transaction.two.phase.commit.enable */
  readonly twoPhaseCommitEnable: boolean
  /** How long the commit of a record may take before its request is answered COORDINATOR_NOT_AVAILABLE (request.timeout.ms). */
  readonly commitTimeoutMs: number
  /** Wait before markers that a partition did not take are sent again. */
  readonly markerRetryBackoffMs: number
  /**
   * The finalized level of transaction.version. 0: values of version 0; 1: flexible values, as Kafka 4 writes them; 2: the producer
   * epoch grows with each transaction (KIP-890).
   */
  readonly transactionVersion: number
}

/** Kafka's defaults. */
export const defaultTransactionCoordinatorConfig: TransactionCoordinatorConfig = {
  transactionStatePartitions: 50,
  transactionMaxTimeoutMs: 900_000,
  transactionalIdExpirationMs: 7 * 24 * 60 * 60 * 1_000,
  abortTimedOutIntervalMs: 10_000,
  removeExpiredIntervalMs: 3_600_000,
  twoPhaseCommitEnable: false,
  commitTimeoutMs: 30_000,
  markerRetryBackoffMs: 100,
  transactionVersion: 2,
}

/** From this transaction version on, each end of a transaction brings the next producer epoch. */
export const EPOCH_BUMP_VERSION = 2
