/**
 * WriteShareGroupState (key 85), versions 0 and 1 (the count of finished deliveries).
 *
 * Lays batches over the state of share partitions, and moves their start offsets. For leaders of partitions.
 */
import { WriteShareGroupStateRequest, WriteShareGroupStateResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const writeShareGroupState = defineApi({
  key: 85,
  request: WriteShareGroupStateRequest,
  response: WriteShareGroupStateResponse,
  handle: (context, request) => context.broker.shareState.coordinator.writeState(request),
})
