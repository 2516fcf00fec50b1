/** Looks up offsets by time, or by one of the marks that Kafka has for it, at the leaders of the partitions. */
import { ErrorCode } from '@ottla/protocol'
import { LIST_OFFSETS } from '../apis.ts'
import { BrokerError, isRetriable, KafkaError } from '../errors.ts'
import { retry } from '../time/retry.ts'
import { byTopic, partitionKey, type TopicPartition } from '../topic-partition.ts'
import type { CallContext, Cluster } from './cluster.ts'

/** Timestamps with a meaning of their own, and since which version of ListOffsets brokers know them. */
export const OffsetMark = {
  latest: -1,
  earliest: -2,
  /** Of the record with the highest timestamp (KIP-734). */
  maxTimestamp: -3,
  /** First offset that is not only in remote storage (KIP-405). */
  earliestLocal: -4,
  /** Last offset in remote storage (KIP-1005). */
  latestTiered: -5,
  /** First offset that is not in remote storage yet (KIP-1023). */
  earliestPendingUpload: -6,
} as const

const MIN_VERSIONS = new Map<number, number>([
  [OffsetMark.maxTimestamp, 7],
  [OffsetMark.earliestLocal, 8],
  [OffsetMark.latestTiered, 9],
  [OffsetMark.earliestPendingUpload, 11],
])

export interface OffsetQuery extends TopicPartition {
  /** Milliseconds, or an {@link OffsetMark}. */
  readonly timestamp: number
}

export interface FoundOffset extends TopicPartition {
  /** -1 when no record is that new. */
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

export interface ListOffsetsOptions {
  readonly isReadCommitted?: boolean
}

/**
 * One answer per query, by partition key: an offset, or the error that stands in its way. Retries what passes, until the
 * deadline; then what is left fails with its last error.
 */
export async function listOffsets(
  cluster: Cluster,
  queries: readonly OffsetQuery[],
  context: CallContext & ListOffsetsOptions,
): Promise<Map<string, FoundOffset | KafkaError>> {
  const results = new Map<string, FoundOffset | KafkaError>()
  let open = [...queries]
  const { env, options } = cluster
  const attempt = async () => {
    const found = await ask(cluster, open, context)
    let failure: KafkaError | null = null
    for (const [key, result] of found) {
      results.set(key, result)
      if (result instanceof KafkaError && result.retriable) failure = result
    }
    open = open.filter(({ topic, partition }) => {
      const result = results.get(partitionKey(topic, partition))
      return result === undefined || (result instanceof KafkaError && result.retriable)
    })
    if (failure !== null) throw failure
  }
  try {
    await retry({ env, backoff: options.retryBackoff, ...context, what: 'list offsets' }, attempt)
  } catch (error) {
    if (!(error instanceof KafkaError) || results.size === 0) throw error
    for (const { topic, partition } of open) {
      const key = partitionKey(topic, partition)
      if (!results.has(key)) results.set(key, error)
    }
  }
  return results
}

type Results = Map<string, FoundOffset | KafkaError>

/** One request to each leader. */
async function ask(cluster: Cluster, queries: readonly OffsetQuery[], context: CallContext & ListOffsetsOptions) {
  const results: Results = new Map()
  const topics = [...new Set(queries.map(({ topic }) => topic))]
  const unknown = topics.filter((topic) => cluster.metadata.topic(topic) === undefined)
  if (unknown.length > 0) await cluster.metadata.load(unknown, context)
  const byLeader = new Map<number, OffsetQuery[]>()
  for (const query of queries) {
    const { topic, partition } = query
    const leader = cluster.metadata.leader(topic, partition)
    if (leader === undefined) {
      const code =
        cluster.metadata.partition(topic, partition) === undefined
          ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
          : ErrorCode.LEADER_NOT_AVAILABLE
      results.set(partitionKey(topic, partition), new BrokerError(code, null, { topic, partition }))
      continue
    }
    const group = byLeader.get(leader.node.id)
    if (group === undefined) byLeader.set(leader.node.id, [query])
    else group.push(query)
  }
  if (results.size > 0) cluster.metadata.invalidate()
  await Promise.all([...byLeader].map(([id, ofLeader]) => askLeader(cluster, { id, ofLeader, results }, context)))
  return results
}

async function askLeader(
  cluster: Cluster,
  to: { id: number; ofLeader: readonly OffsetQuery[]; results: Results },
  context: CallContext & ListOffsetsOptions,
): Promise<void> {
  const { ofLeader, results } = to
  try {
    const node = await cluster.broker(to.id, context)
    const connection = await cluster.pool.connection(node, context.signal)
    const version = connection.versionOf(LIST_OFFSETS)
    const needed = Math.max(0, ...ofLeader.map(({ timestamp }) => MIN_VERSIONS.get(timestamp) ?? 0))
    if (version < needed) throw new KafkaError('UNSUPPORTED_VERSION', 'the broker is too old for this kind of offset')
    const answer = await connection.request(LIST_OFFSETS, version, {
      replicaId: -1,
      isolationLevel: context.isReadCommitted === true ? 1 : 0,
      timeoutMs: context.deadline.wholeMs,
      topics: [...byTopic(ofLeader)].map(([name, partitions]) => ({
        name,
        partitions: partitions.map(({ partition, timestamp }) => ({
          partitionIndex: partition,
          currentLeaderEpoch: cluster.metadata.partition(name, partition)?.leaderEpoch ?? -1,
          timestamp,
        })),
      })),
    })
    for (const { name: topic, partitions } of answer.topics) {
      for (const { partitionIndex: partition, errorCode, offset, timestamp, leaderEpoch } of partitions) {
        const key = partitionKey(topic, partition)
        if (errorCode === ErrorCode.NONE) results.set(key, { topic, partition, offset, timestamp, leaderEpoch })
        else results.set(key, new BrokerError(errorCode, null, { topic, partition }))
        if (errorCode !== ErrorCode.NONE) cluster.metadata.invalidate()
      }
    }
  } catch (error) {
    context.signal?.throwIfAborted()
    if (isRetriable(error)) cluster.metadata.invalidate()
    const failure =
      error instanceof KafkaError
        ? error
        : new KafkaError((error as { code?: string }).code ?? 'FAILED', (error as Error).message, {
            cause: error,
            retriable: isRetriable(error),
          })
    for (const { topic, partition } of ofLeader) results.set(partitionKey(topic, partition), failure)
  }
}
