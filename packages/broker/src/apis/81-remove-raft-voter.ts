/**
 * RemoveRaftVoter (key 81), version 0.
 *
 * The quorum of a single node lets no voter go: UNSUPPORTED_VERSION, as Kafka answers at kraft.version 0.
 */
import { API_KEYS, RemoveRaftVoterRequest, RemoveRaftVoterResponse } from '@ottla/protocol'
import { askController } from '../to-controller.ts'
import { defineApi } from './handler.ts'

export const removeRaftVoter = defineApi({
  key: 81,
  request: RemoveRaftVoterRequest,
  response: RemoveRaftVoterResponse,
  handle: (context, request) => askController(context, API_KEYS.RemoveRaftVoter, request),
})
