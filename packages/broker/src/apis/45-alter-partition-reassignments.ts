/**
 * AlterPartitionReassignments (key 45), versions 0 and 1.
 *
 * Decided by the controller. Other replicas for partitions; none takes a change back that is under way. v1: the request may insist on the
 * number of replicas (KIP-860).
 */
import { AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, API_KEYS } from '@ottla/protocol'
import { askController } from '../to-controller.ts'
import { defineApi } from './handler.ts'

export const alterPartitionReassignments = defineApi({
  key: 45,
  request: AlterPartitionReassignmentsRequest,
  response: AlterPartitionReassignmentsResponse,
  handle: (context, request) =>
    askController(context, API_KEYS.AlterPartitionReassignments, request, request.timeoutMs),
})
