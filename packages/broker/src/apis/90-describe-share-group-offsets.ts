/**
 * DescribeShareGroupOffsets (key 90), versions 0 and 1.
 *
 * Start offsets of share groups, of named partitions or all that they have. v1: the lag, records of which delivery is not finished.
 */
import { DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse } from '@ottla/protocol'
import { requireShareGroups } from '../share-state/share-groups-enabled.ts'
import { defineApi } from './handler.ts'

export const describeShareGroupOffsets = defineApi({
  key: 90,
  request: DescribeShareGroupOffsetsRequest,
  response: DescribeShareGroupOffsetsResponse,
  handle({ broker }, request) {
    requireShareGroups(broker)
    return broker.groups.coordinator.shareGroups.describeOffsets(request)
  },
  onError: (_context, request, { code, message }) => ({
    groups: request.groups.map(({ groupId }) => ({ groupId, errorCode: code, errorMessage: message })),
  }),
})
