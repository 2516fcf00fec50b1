/** A Produce request for some batches, and the way back from its answer to them. */
import { type Init, type ProduceRequest, type ProduceResponse, type Value, ZERO_UUID } from '@ottla/protocol'
import type { ClusterMetadata } from '../metadata/cluster-metadata.ts'
import { partitionKey } from '../topic-partition.ts'
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
  const topics = new Map<string, { index: number; records: Buffer }[]>()
  for (const batch of batches) {
    const { topic, partition } = batch.position
    const part = { index: partition, records: batch.bytes() }
    const ofTopic = topics.get(topic)
    if (ofTopic === undefined) topics.set(topic, [part])
    else ofTopic.push(part)
  }
  const topicData: { name: string; topicId: string; partitionData: { index: number; records: Buffer }[] }[] = []
  for (const [name, partitionData] of topics) {
    if (version >= IDS_SINCE) topicData.push({ name: '', topicId: idOf(metadata, name), partitionData })
    else topicData.push({ name, topicId: ZERO_UUID, partitionData })
  }
  return { transactionalId, acks, timeoutMs, topicData }
}

/** The answer about each partition. `metadata` is that of the request: ids may have changed since. */
export class ProduceAnswers {
  readonly #metadata: ClusterMetadata
  /** By the name or the id of the topic, whatever the answer has, and the partition. */
  readonly #answers = new Map<string, PartitionAnswer>()

  constructor(answer: Value<typeof ProduceResponse>, metadata: ClusterMetadata) {
    this.#metadata = metadata
    for (const { name, topicId, partitionResponses } of answer.responses) {
      const topic = name !== '' ? name : topicId
      for (const partition of partitionResponses) this.#answers.set(partitionKey(topic, partition.index), partition)
    }
  }

  of(topic: string, partition: number): PartitionAnswer | undefined {
    return (
      this.#answers.get(partitionKey(idOf(this.#metadata, topic), partition)) ??
      this.#answers.get(partitionKey(topic, partition))
    )
  }
}

function idOf(metadata: ClusterMetadata, topic: string): string {
  return metadata.topics.get(topic)?.id ?? ZERO_UUID
}
