/**
 * InitProducerId (key 22), versions 0 to 6; 6, which is not stable in Kafka, is not advertised.
 *
 * Gives an idempotent producer a new id with epoch 0; which id it names is not looked at, as in Kafka. With a transactional id: makes the
 * client its only producer, aborts what the one before left open. Versions: 3 a producer asks for a new epoch of its id, 4 PRODUCER_FENCED,
 * 5 TRANSACTION_ABORTABLE, 6 two-phase commit (a transaction without timeout; keeping a prepared one is refused, as by Kafka 4.4).
 */
import { InitProducerIdRequest, InitProducerIdResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const initProducerId = defineApi({
  key: 22,
  versions: { min: 0, max: 6 },
  advertised: { min: 0, max: 5 },
  request: InitProducerIdRequest,
  response: InitProducerIdResponse,
  handle: ({ broker, apiVersion }, request) => broker.transactions.coordinator.initProducerId(request, { apiVersion }),
  onError: (_context, _request, { code }) => ({ errorCode: code, producerEpoch: -1 }),
})
