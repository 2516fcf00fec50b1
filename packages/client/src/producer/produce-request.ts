/** A Produce request for some batches, and the way back from its answer to them. */
import { type Init, type ProduceRequest, type ProduceResponse, type Value, ZERO_UUID } from '@ottla/protocol'
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts'
import { byTopic, partitionKey } from '../topic-partition.ts'
import type { RecordBatch } from './record-batch.ts'

/** From this version on topics are named by id. */
export const IDS_SINCE = 13

export type PartitionAnswer = Value<typeof ProduceResponse>['responses'][number]['partitionResponses'][number]

export interface ProduceRequestParts {
  readonly version: number
  readonly transactionalId: string | null
  readonly acks: -1 | 0 | 1
  readonly timeoutMs: number
  readonly metadata: ClusterMetadata
}

/** The highest version that can name all topics. */
export function maxVersionFor(batches: readonly RecordBatch[], metadata: ClusterMetadata): number {
  const haveIds = batches.every(({ position }) => idOf(metadata, position.topic) !== ZERO_UUID)
  return haveIds ? Number.POSITIVE_INFINITY : IDS_SINCE - 1
}

export function produceRequest(
  batches: readonly RecordBatch[],
  parts: ProduceRequestParts,
): Init<typeof ProduceRequest> {
  const { acks, timeoutMs, transactionalId, metadata, version } = parts
  const items = batches.map((batch) => ({ ...batch.position, batch }))
  return {
    transactionalId,
    acks,
    timeoutMs,
    topicData: [...byTopic(items)].map(([name, ofTopic]) => ({
      ...(version >= IDS_SINCE ? { topicId: idOf(metadata, name) } : { name }),
      partitionData: ofTopic.map(({ partition, batch }) => ({ index: partition, records: batch.bytes() })),
    })),
  }
}

/** The answer about each partition, by topic and partition. `metadata` is that of the request: ids may have changed since. */
export function answersByPartition(
  answer: Value<typeof ProduceResponse>,
  metadata: ClusterMetadata,
): Map<string, PartitionAnswer> {
  const names = new Map<string, string>()
  for (const topic of metadata.topics.values()) names.set(topic.id, topic.name)
  const answers = new Map<string, PartitionAnswer>()
  for (const { name, topicId, partitionResponses } of answer.responses) {
    const topic = name !== '' ? name : names.get(topicId)
    if (topic === undefined) continue
    for (const partition of partitionResponses) answers.set(partitionKey(topic, partition.index), partition)
  }
  return answers
}

function idOf(metadata: ClusterMetadata, topic: string): string {
  return metadata.topics.get(topic)?.id ?? ZERO_UUID
}
