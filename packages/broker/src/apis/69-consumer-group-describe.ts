/**
 * ConsumerGroupDescribe (key 69), versions 0 and 1.
 *
 * Epochs, members, and what each has and is to have, of consumer groups. v1: which protocol a member speaks.
 */
import { ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, ErrorCode } from '@ottla/protocol'
import { GROUP_OPERATIONS } from '../authorized-operations.ts'
import { servesConsumerGroups } from '../groups/group-request.ts'
import { defineApi } from './handler.ts'

export const consumerGroupDescribe = defineApi({
  key: 69,
  request: ConsumerGroupDescribeRequest,
  response: ConsumerGroupDescribeResponse,
  handle(context, request) {
    if (!servesConsumerGroups(context))
      return { groups: request.groupIds.map((groupId) => ({ groupId, errorCode: ErrorCode.UNSUPPORTED_VERSION })) }
    const { groups = [] } = context.broker.groups.coordinator.consumerGroupDescribe(request)
    if (!request.includeAuthorizedOperations) return { groups }
    const described = groups.map((group) =>
      group.errorCode === ErrorCode.NONE ? { ...group, authorizedOperations: GROUP_OPERATIONS } : group,
    )
    return { groups: described }
  },
})
