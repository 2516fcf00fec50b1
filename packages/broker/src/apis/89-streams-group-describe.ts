/**
 * StreamsGroupDescribe (key 89), versions 0 and 1.
 *
 * State, topology, members and assignments of streams groups. v1: the name of the assignor, and a description of the topology in words, which is never stored here.
 */
import { ErrorCode, StreamsGroupDescribeRequest, StreamsGroupDescribeResponse } from '@ottla/protocol'
import { GROUP_OPERATIONS } from '../authorized-operations.ts'
import { requireStreamsGroups } from '../streams/streams-groups-enabled.ts'
import { defineApi } from './handler.ts'

export const streamsGroupDescribe = defineApi({
  key: 89,
  request: StreamsGroupDescribeRequest,
  response: StreamsGroupDescribeResponse,
  handle({ broker }, request) {
    requireStreamsGroups(broker)
    const { groups = [] } = broker.groups.coordinator.streamsGroupDescribe(request)
    if (!request.includeAuthorizedOperations) return { groups }
    return {
      groups: groups.map((group) =>
        (group.errorCode ?? ErrorCode.NONE) === ErrorCode.NONE
          ? { ...group, authorizedOperations: GROUP_OPERATIONS }
          : group,
      ),
    }
  },
  onError: (_context, request, { code }) => ({
    groups: request.groupIds.map((groupId) => ({ groupId, errorCode: code })),
  }),
})
