/**
 * DeleteShareGroupState (key 86), version 0.
 *
 * Deletes the state of share partitions. For group coordinators.
 */
import { DeleteShareGroupStateRequest, DeleteShareGroupStateResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const deleteShareGroupState = defineApi({
  key: 86,
  request: DeleteShareGroupStateRequest,
  response: DeleteShareGroupStateResponse,
  handle: (context, request) => context.broker.shareState.coordinator.deleteState(request),
})
