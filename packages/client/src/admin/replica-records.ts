/** Records as one replica has them, whoever leads: to compare replicas with each other. */
import { FETCH } from '../apis.ts'
import type { CallContext, Cluster } from '../cluster/cluster.ts'
import { throwBrokerError } from '../errors.ts'
import { byTopic, partitionKey, type TopicPartition } from '../topic-partition.ts'
import { type Outcome, outcomeOf } from './outcome.ts'

export interface ReplicaPosition extends TopicPartition {
  readonly offset: number
}

export interface ReplicaRead {
  readonly broker: number
  readonly positions: readonly ReplicaPosition[]
  /** How long the broker may wait when there is nothing. */
  readonly maxWaitMs: number
  /** Of each partition; a first batch may be larger. */
  readonly maxBytes: number
}

export interface ReplicaRecords {
  readonly highWatermark: number
  /** Whole batches; the first may begin before the offset that was asked for. */
  readonly batches: Buffer
}

/** The last version that names topics and in which a reader can say that it asks for whatever replica is there. */
const VERSION_MAX = 12
/** Neither a follower nor a consumer, who would be sent to the leader. */
const DEBUGGING_REPLICA = -2
const SESSIONLESS = -1
const ALL_BYTES = 0x7fff_ffff

/** By partition key. */
export async function readReplica(
  cluster: Cluster,
  { broker, positions, maxWaitMs, maxBytes }: ReplicaRead,
  context: CallContext,
): Promise<Map<string, Outcome<ReplicaRecords>>> {
  const topics = [...byTopic(positions)].map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map(({ partition, offset }) => ({
      partition,
      fetchOffset: offset,
      partitionMaxBytes: maxBytes,
    })),
  }))
  const fixed = { replicaId: DEBUGGING_REPLICA, sessionEpoch: SESSIONLESS, minBytes: 1, maxBytes: ALL_BYTES }
  const answer = await cluster.call(
    {
      target: { kind: 'broker', id: broker },
      api: FETCH,
      init: { ...fixed, maxWaitMs, topics },
      maxVersion: VERSION_MAX,
      what: 'read a replica',
      check: ({ errorCode }) => throwBrokerError(errorCode),
    },
    context,
  )
  return new Map(
    answer.responses.flatMap(({ topic, partitions }) =>
      partitions.map((result) => {
        const partition = result.partitionIndex
        const value = () => ({ highWatermark: result.highWatermark, batches: result.records ?? Buffer.alloc(0) })
        return [partitionKey(topic, partition), outcomeOf(result, { topic, partition }, value)] as const
      }),
    ),
  )
}
