/**
 * InitializeShareGroupState (key 83), version 0.
 *
 * Creates the state of share partitions, or begins it anew under a higher state epoch. For group coordinators.
 */
import { InitializeShareGroupStateRequest, InitializeShareGroupStateResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const initializeShareGroupState = defineApi({
  key: 83,
  request: InitializeShareGroupStateRequest,
  response: InitializeShareGroupStateResponse,
  handle: (context, request) => context.broker.shareState.coordinator.initializeState(request),
})
