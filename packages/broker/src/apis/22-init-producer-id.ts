/**
 * InitProducerId (key 22), versions 0 to 5.
 *
 * Gives an idempotent producer a new id with epoch 0; which id it names is not looked at, as in Kafka. A transactional id is
 * answered with UNSUPPORTED_VERSION until there is a transaction coordinator.
 */
import { ErrorCode, InitProducerIdRequest, InitProducerIdResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const initProducerId = defineApi({
  key: 22,
  versions: { min: 0, max: 5 },
  request: InitProducerIdRequest,
  response: InitProducerIdResponse,
  async handle({ broker }, { transactionalId, producerId, producerEpoch }) {
    // v3: id and epoch go together
    const isTorn = producerId < 0 !== producerEpoch < 0
    if (isTorn) return { errorCode: ErrorCode.INVALID_REQUEST, producerEpoch: -1 }
    if (transactionalId === '') return { errorCode: ErrorCode.INVALID_REQUEST, producerEpoch: -1 }
    if (transactionalId !== null) return { errorCode: ErrorCode.UNSUPPORTED_VERSION, producerEpoch: -1 }
    return { producerId: await broker.producerIds.next(), producerEpoch: 0 }
  },
  onError: (_context, _request, { code }) => ({ errorCode: code, producerEpoch: -1 }),
})
