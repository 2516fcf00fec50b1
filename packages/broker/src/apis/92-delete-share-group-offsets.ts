/**
 * DeleteShareGroupOffsets (key 92), version 0.
 *
 * Deletes what a share group without members has of topics.
 */
import { DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse } from '@ottla/protocol'
import { requireShareGroups } from '../share-state/share-groups-enabled.ts'
import { defineApi } from './handler.ts'

export const deleteShareGroupOffsets = defineApi({
  key: 92,
  request: DeleteShareGroupOffsetsRequest,
  response: DeleteShareGroupOffsetsResponse,
  handle({ broker }, request) {
    requireShareGroups(broker)
    return broker.groups.coordinator.shareGroups.deleteOffsets(request)
  },
})
