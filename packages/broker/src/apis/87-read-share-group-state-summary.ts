/**
 * ReadShareGroupStateSummary (key 87), versions 0 and 1 (the count of finished deliveries).
 *
 * Tells start offset and epochs of share partitions. For group coordinators.
 */
import { ReadShareGroupStateSummaryRequest, ReadShareGroupStateSummaryResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const readShareGroupStateSummary = defineApi({
  key: 87,
  request: ReadShareGroupStateSummaryRequest,
  response: ReadShareGroupStateSummaryResponse,
  handle: (context, request) => context.broker.shareState.coordinator.readStateSummary(request),
})
