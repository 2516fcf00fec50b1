/**
 * DescribeLogDirs (key 35), versions 0 to 5.
 *
 * The log dirs of this broker with the partitions in them, their sizes in bytes and how far they lag behind the high watermark; a copy on its
 * way to another dir, how far behind the log that it is to replace. v4: room of the volume. v5: whether the dir gets no new replicas
 * (cordoned.log.dirs). A dir that failed is listed with KAFKA_STORAGE_ERROR.
 */
import type { DirectoryStatus, PartitionLog, StoredPartition } from '@ottla/log'
import { DescribeLogDirsRequest, DescribeLogDirsResponse, ErrorCode, type Init, ZERO_UUID } from '@ottla/protocol'
import type { BrokerContext } from '../broker-context.ts'
import { defineApi } from './handler.ts'

type Result = NonNullable<Init<typeof DescribeLogDirsResponse>['results']>[number]

export const describeLogDirs = defineApi({
  key: 35,
  request: DescribeLogDirsRequest,
  response: DescribeLogDirsResponse,
  async handle({ broker }, { topics }) {
    const wanted = topics === null ? null : new Map(topics.map(({ topic, partitions }) => [topic, new Set(partitions)]))
    return {
      results: await Promise.all(broker.logs.directories.map((directory) => describe(broker, directory, wanted))),
    }
  },
})

async function describe(
  broker: BrokerContext,
  directory: DirectoryStatus,
  wanted: ReadonlyMap<string, ReadonlySet<number>> | null,
): Promise<Result> {
  const logDir = directory.path
  if (directory.error !== null) return { errorCode: ErrorCode.KAFKA_STORAGE_ERROR, logDir }
  const topics = new Map<string, PartitionAnswer[]>()
  for (const stored of broker.logs.partitions()) {
    const { topic, partition } = stored.topicPartition
    const isWanted = wanted === null || wanted.get(topic)?.has(partition) === true
    if (!isWanted || stored.directory.path !== logDir || stored.error !== null) continue
    const log = await openLog(broker, stored)
    const partitions = topics.get(topic) ?? []
    topics.set(topic, partitions)
    partitions.push({ partitionIndex: partition, partitionSize: log.sizeBytes, offsetLag: 0, isFutureKey: false })
  }
  for (const { topicPartition, directory, sizeBytes, offsetLag } of broker.logs.moves.status()) {
    const { topic, partition } = topicPartition
    if (directory !== logDir || !(wanted === null || wanted.get(topic)?.has(partition) === true)) continue
    const partitions = topics.get(topic) ?? []
    topics.set(topic, partitions)
    partitions.push({ partitionIndex: partition, partitionSize: sizeBytes, offsetLag, isFutureKey: true })
  }
  const { totalBytes, usableBytes } = await broker.env.files.volume(logDir)
  const named = [...topics].map(([name, partitions]) => ({ name, partitions }))
  const isCordoned = broker.logs.isCordoned(directory)
  return { errorCode: ErrorCode.NONE, logDir, topics: named, totalBytes, usableBytes, isCordoned }
}

/** After a clean start logs open on first use; their size is known from then on. */
function openLog(broker: BrokerContext, stored: StoredPartition): PartitionLog | Promise<PartitionLog> {
  if (stored.log !== null) return stored.log
  return broker.logs.openLog(stored.topicPartition, { topicId: stored.topicId ?? ZERO_UUID })
}

interface PartitionAnswer {
  readonly partitionIndex: number
  readonly partitionSize: number
  readonly offsetLag: number
  readonly isFutureKey: boolean
}
