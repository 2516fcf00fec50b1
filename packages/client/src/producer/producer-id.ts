/** The producer id under which brokers tell repeated attempts; asked for once, when first needed. */
import { INIT_PRODUCER_ID } from '../apis.ts'
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { throwBrokerError } from '../errors.ts'
import type { ProducerIdentity } from './write-identity.ts'

/** Later versions are about transactions only. */
const MAX_VERSION = 4
/** A value must be there though it has no meaning without transactions. */
const NO_TRANSACTION_TIMEOUT_MS = 2 ** 31 - 1

/** A new id with epoch 0, from any broker. */
export async function initProducerId(cluster: Cluster, context: CallContext): Promise<ProducerIdentity> {
  const answer = await cluster.call(
    {
      target: { kind: 'any' },
      api: INIT_PRODUCER_ID,
      init: { transactionalId: null, transactionTimeoutMs: NO_TRANSACTION_TIMEOUT_MS },
      maxVersion: MAX_VERSION,
      what: 'get a producer id',
      check: ({ errorCode }) => throwBrokerError(errorCode),
    },
    context,
  )
  return { producerId: answer.producerId, producerEpoch: answer.producerEpoch }
}
