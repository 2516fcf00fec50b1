/**
 * OffsetFetch (key 9), versions 0 to 10.
 *
 * The committed offsets of groups. v2: no topics means all; v7: only offsets that no open transaction may change; v8: many groups at once; v10: topic ids.
 */
import { OffsetFetchRequest, OffsetFetchResponse } from '@ottla/protocol'
import { groupRequest } from '../groups/group-request.ts'
import { defineApi } from './handler.ts'

export const offsetFetch = defineApi({
  key: 9,
  request: OffsetFetchRequest,
  response: OffsetFetchResponse,
  handle: (context, request) => context.broker.groups.coordinator.offsetFetch(request, groupRequest(context)),
})
