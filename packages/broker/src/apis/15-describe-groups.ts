/**
 * DescribeGroups (key 15), versions 0 to 6.
 *
 * State, protocol, members and assignments of classic groups. v3: what the client may do with them, on demand; v6: a group that is not
 * there is GROUP_ID_NOT_FOUND, before it was described as Dead.
 */
import { DescribeGroupsRequest, DescribeGroupsResponse, ErrorCode } from '@ottla/protocol'
import { GROUP_OPERATIONS } from '../authorized-operations.ts'
import { groupRequest } from '../groups/group-request.ts'
import { defineApi } from './handler.ts'

export const describeGroups = defineApi({
  key: 15,
  request: DescribeGroupsRequest,
  response: DescribeGroupsResponse,
  handle(context, request) {
    const { groups = [], ...rest } = context.broker.groups.coordinator.describeGroups(request, groupRequest(context))
    if (!request.includeAuthorizedOperations) return { ...rest, groups }
    const answers = groups.map((group) =>
      (group.errorCode ?? ErrorCode.NONE) === ErrorCode.NONE
        ? { ...group, authorizedOperations: GROUP_OPERATIONS }
        : group,
    )
    return { ...rest, groups: answers }
  },
})
