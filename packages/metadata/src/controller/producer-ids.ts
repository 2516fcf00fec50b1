/** AllocateProducerIds (67): every broker gets its producer ids in blocks that nobody else gets. */
import { type AllocateProducerIdsRequest, type AllocateProducerIdsResponse, ErrorCode } from '@ottla/protocol'
import { producerIdsRecord } from '../records/make-record.ts'
import { brokerEpochError } from './broker-epoch.ts'
import type { ControllerView, Outcome } from './controller-view.ts'

/** Ids in a block. */
const PRODUCER_ID_BLOCK = 1000

export function allocateProducerIds(
  view: ControllerView,
  request: AllocateProducerIdsRequest,
): Outcome<AllocateProducerIdsResponse> {
  const errorCode = brokerEpochError(view, request.brokerId, request.brokerEpoch)
  const start = Math.max(view.image.nextProducerId, 0)
  const next = start + PRODUCER_ID_BLOCK
  if (errorCode !== ErrorCode.NONE || !Number.isSafeInteger(next)) {
    const code = errorCode === ErrorCode.NONE ? ErrorCode.UNKNOWN_SERVER_ERROR : errorCode
    return { response: { throttleTimeMs: 0, errorCode: code, producerIdStart: -1, producerIdLen: 0 }, records: [] }
  }
  return {
    response: { throttleTimeMs: 0, errorCode, producerIdStart: start, producerIdLen: PRODUCER_ID_BLOCK },
    records: [producerIdsRecord(request.brokerId, request.brokerEpoch, next)],
  }
}
