/**
 * 93 StreamsGroupTopologyDescriptionUpdate, version 0, always flexible. A streams group member describes its topology for
 * people to look at.
 */

import { array, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

const TopologyDescriptionNode = struct({
  name: string(),
  nodeType: int8(),
  sourceTopics: array(string()),
  sinkTopic: string({ nullable: '0+', default: null }),
  stores: array(string()),
  successors: array(string()),
})

const TopologyDescriptionSubtopology = struct({
  subtopologyId: string(),
  nodes: array(TopologyDescriptionNode),
})

const TopologyDescriptionGlobalStore = struct({
  source: TopologyDescriptionNode,
  processor: TopologyDescriptionNode,
})

const TopologyDescription = struct({
  subtopologies: array(TopologyDescriptionSubtopology),
  globalStores: array(TopologyDescriptionGlobalStore),
})

export const StreamsGroupTopologyDescriptionUpdateRequest = request(
  { key: 93, name: 'StreamsGroupTopologyDescriptionUpdateRequest', versions: '0', flexible: '0+' },
  () => ({
    groupId: string(),
    memberId: string(),
    topologyEpoch: int32(),
    topologyDescription: TopologyDescription,
  }),
)
export type StreamsGroupTopologyDescriptionUpdateRequest = Value<typeof StreamsGroupTopologyDescriptionUpdateRequest>

export const StreamsGroupTopologyDescriptionUpdateResponse = response(
  { key: 93, name: 'StreamsGroupTopologyDescriptionUpdateResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
  }),
)
export type StreamsGroupTopologyDescriptionUpdateResponse = Value<typeof StreamsGroupTopologyDescriptionUpdateResponse>
