/**
 * Every API that this broker serves. What is not here is not advertised, and a request for it closes the connection.
 * Sorted by key.
 */
import { produce } from './00-produce.ts'
import { fetch } from './01-fetch.ts'
import { listOffsets } from './02-list-offsets.ts'
import { findCoordinator } from './10-find-coordinator.ts'
import { apiVersions } from './18-api-versions.ts'
import { deleteRecords } from './21-delete-records.ts'
import { initProducerId } from './22-init-producer-id.ts'
import { offsetForLeaderEpoch } from './23-offset-for-leader-epoch.ts'
import type { ApiHandler } from './handler.ts'

export const API_TABLE: readonly ApiHandler[] = [
  produce,
  fetch,
  listOffsets,
  findCoordinator,
  apiVersions,
  deleteRecords,
  initProducerId,
  offsetForLeaderEpoch,
]
