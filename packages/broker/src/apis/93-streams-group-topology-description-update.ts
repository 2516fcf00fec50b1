/**
 * StreamsGroupTopologyDescriptionUpdate (key 93), version 0.
 *
 * A member of a streams group describes its topology for people (KIP-1331). Kafka hands it to a plugin; there is none here, members are never
 * asked, and one that sends it all the same hears UNSUPPORTED_VERSION, as from Kafka without a plugin.
 */
import {
  ErrorCode,
  StreamsGroupTopologyDescriptionUpdateRequest,
  StreamsGroupTopologyDescriptionUpdateResponse,
} from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const streamsGroupTopologyDescriptionUpdate = defineApi({
  key: 93,
  request: StreamsGroupTopologyDescriptionUpdateRequest,
  response: StreamsGroupTopologyDescriptionUpdateResponse,
  handle: () => ({
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    errorMessage: 'No plugin for descriptions of topologies is configured.',
  }),
})
