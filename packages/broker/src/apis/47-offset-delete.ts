/**
 * OffsetDelete (key 47), versions 0.
 *
 * Deletes offsets of topics that no member of the group subscribes to.
 */
import { OffsetDeleteRequest, OffsetDeleteResponse } from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const offsetDelete = defineApi({
  key: 47,
  request: OffsetDeleteRequest,
  response: OffsetDeleteResponse,
  handle: (context, request) => context.broker.groups.coordinator.offsetDelete(request),
})
