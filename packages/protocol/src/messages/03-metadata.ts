/**
 * 3 Metadata, versions 0–13, flexible from 9. Tells brokers, topics and partitions, with leaders and replicas; may create
 * missing topics.
 *
 * - 0: an empty list asks for all topics
 * - 1: null asks for all, empty for none; controller id
 * - 2: cluster id
 * - 4: auto-creation can be switched off
 * - 5: offline replicas
 * - 7: leader epochs
 * - 8: authorized operations on demand
 * - 9: flexible
 * - 10: topic ids
 * - 12: lookup by topic id
 * - 13: an error for the whole answer (REBOOTSTRAP_REQUIRED)
 */

import { array, bool, int16, int32, string, struct, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const MetadataRequest = request({ key: 3, name: 'MetadataRequest', versions: '0-13', flexible: '9+' }, () => ({
  topics: array(
    struct({
      topicId: uuid({ versions: '10+', ignorable: true }),
      name: string({ nullable: '10+' }),
    }),
    { nullable: '1+' },
  ),
  allowAutoTopicCreation: bool({ versions: '4+', default: true }),
  includeClusterAuthorizedOperations: bool({ versions: '8-10' }),
  includeTopicAuthorizedOperations: bool({ versions: '8+' }),
}))
export type MetadataRequest = Value<typeof MetadataRequest>

export const MetadataResponse = response(
  { key: 3, name: 'MetadataResponse', versions: '0-13', flexible: '9+' },
  () => ({
    throttleTimeMs: int32({ versions: '3+', ignorable: true }),
    brokers: array(
      struct({
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({ versions: '1+', nullable: '0+', default: null, ignorable: true }),
      }),
    ),
    clusterId: string({ versions: '2+', nullable: '0+', default: null, ignorable: true }),
    controllerId: int32({ versions: '1+', default: -1, ignorable: true }),
    topics: array(
      struct({
        errorCode: int16(),
        name: string({ nullable: '12+' }),
        topicId: uuid({ versions: '10+', ignorable: true }),
        isInternal: bool({ versions: '1+', ignorable: true }),
        partitions: array(
          struct({
            errorCode: int16(),
            partitionIndex: int32(),
            leaderId: int32(),
            leaderEpoch: int32({ versions: '7+', default: -1, ignorable: true }),
            replicaNodes: array(int32()),
            isrNodes: array(int32()),
            offlineReplicas: array(int32(), { versions: '5+', ignorable: true }),
          }),
        ),
        topicAuthorizedOperations: int32({ versions: '8+', default: -2147483648 }),
      }),
    ),
    clusterAuthorizedOperations: int32({ versions: '8-10', default: -2147483648 }),
    errorCode: int16({ versions: '13+', ignorable: true }),
  }),
)
export type MetadataResponse = Value<typeof MetadataResponse>
