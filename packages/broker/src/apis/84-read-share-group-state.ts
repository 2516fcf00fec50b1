/**
 * ReadShareGroupState (key 84), version 0.
 *
 * Reads the state of share partitions, and remembers the leader epoch that it is read in. For leaders of partitions.
 */
import { ReadShareGroupStateRequest, ReadShareGroupStateResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const readShareGroupState = defineApi({
  key: 84,
  request: ReadShareGroupStateRequest,
  response: ReadShareGroupStateResponse,
  handle: (context, request) => context.broker.shareState.coordinator.readState(request),
})
