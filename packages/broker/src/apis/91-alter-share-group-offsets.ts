/**
 * AlterShareGroupOffsets (key 91), version 0.
 *
 * Sets start offsets of a share group without members: its state begins anew there.
 */
import { AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse } from '@ottla/protocol'
import { requireShareGroups } from '../share-state/share-groups-enabled.ts'
import { defineApi } from './handler.ts'

export const alterShareGroupOffsets = defineApi({
  key: 91,
  request: AlterShareGroupOffsetsRequest,
  response: AlterShareGroupOffsetsResponse,
  handle({ broker }, request) {
    requireShareGroups(broker)
    return broker.groups.coordinator.shareGroups.alterOffsets(request)
  },
})
