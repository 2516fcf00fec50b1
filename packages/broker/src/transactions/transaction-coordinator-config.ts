/** The broker's settings as the transaction coordinator reads them. */
import type { BrokerConfig } from '@ottla/config'
import type { TransactionCoordinatorConfig } from '@ottla/coordinator'
import type { MetadataImage } from '@ottla/metadata'
import { TRANSACTION_STATE_TOPIC } from '../internal-topics.ts'

/** As in Apache Kafka, which has no setting for it. */
const MARKER_RETRY_BACKOFF_MS = 100

/** The topic, once made, keeps its number of partitions, whatever the settings say later. */
export function transactionCoordinatorConfig(
  { values }: BrokerConfig,
  image: MetadataImage,
): TransactionCoordinatorConfig {
  const topic = image.topics.byName(TRANSACTION_STATE_TOPIC)
  return {
    transactionStatePartitions: topic?.partitions.length ?? values['transaction.state.log.num.partitions'],
    transactionMaxTimeoutMs: values['transaction.max.timeout.ms'],
    transactionalIdExpirationMs: values['transactional.id.expiration.ms'],
    abortTimedOutIntervalMs: values['transaction.abort.timed.out.transaction.cleanup.interval.ms'],
    removeExpiredIntervalMs: values['transaction.remove.expired.transaction.cleanup.interval.ms'],
    twoPhaseCommitEnable: values['transaction.two.phase.commit.enable'],
    commitTimeoutMs: values['request.timeout.ms'],
    markerRetryBackoffMs: MARKER_RETRY_BACKOFF_MS,
    transactionVersion: image.features.level('transaction.version'),
  }
}
