/**
 * OffsetCommit (key 8), versions 0 to 10.
 *
 * Stores offsets of a group, once they are in the log as the durability of `__consumer_offsets` asks. A member of a group names its generation; one outside of it
 * (generation -1) may commit while the group is empty. v7: instance id; v9: member epochs of the new protocol; v10: topic ids.
 */
import { OffsetCommitRequest, OffsetCommitResponse } from '@ottla/protocol'
import { groupRequest } from '../groups/group-request.ts'
import { defineApi } from './handler.ts'

export const offsetCommit = defineApi({
  key: 8,
  request: OffsetCommitRequest,
  response: OffsetCommitResponse,
  handle: (context, request) => context.broker.groups.coordinator.offsetCommit(request, groupRequest(context)),
})
