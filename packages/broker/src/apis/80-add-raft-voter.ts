/**
 * AddRaftVoter (key 80), versions 0 and 1.
 *
 * The quorum of a single node takes no other voter: UNSUPPORTED_VERSION, as Kafka answers at kraft.version 0.
 */
import { AddRaftVoterRequest, AddRaftVoterResponse, API_KEYS } from '@ottla/protocol'
import { askController } from '../to-controller.ts'
import { defineApi } from './handler.ts'

export const addRaftVoter = defineApi({
  key: 80,
  request: AddRaftVoterRequest,
  response: AddRaftVoterResponse,
  handle: (context, request) => askController(context, API_KEYS.AddRaftVoter, request, request.timeoutMs),
})
