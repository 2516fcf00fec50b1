/**
 * ShareGroupDescribe (key 77), version 1.
 *
 * State, members and assignments of share groups.
 */
import { ErrorCode, ShareGroupDescribeRequest, ShareGroupDescribeResponse } from '@ottla/protocol'
import { GROUP_OPERATIONS } from '../authorized-operations.ts'
import { requireShareGroups } from '../share-state/share-groups-enabled.ts'
import { defineApi } from './handler.ts'

export const shareGroupDescribe = defineApi({
  key: 77,
  request: ShareGroupDescribeRequest,
  response: ShareGroupDescribeResponse,
  handle({ broker }, request) {
    requireShareGroups(broker)
    const { groups = [] } = broker.groups.coordinator.shareGroups.describeGroups(request)
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
