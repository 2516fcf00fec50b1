/**
 * AlterReplicaLogDirs (key 34), versions 1 and 2.
 *
 * Moves replicas into other log dirs while they are used. The answer says that the move began; DescribeLogDirs shows how far it is. Naming the
 * dir in which a replica is ends another move. The place of a replica that is not here yet is remembered for its creation.
 */
import { AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse, ErrorCode } from '@ottla/protocol'
import type { BrokerContext } from '../broker-context.ts'
import { defineApi } from './handler.ts'

export const alterReplicaLogDirs = defineApi({
  key: 34,
  request: AlterReplicaLogDirsRequest,
  response: AlterReplicaLogDirsResponse,
  async handle({ broker }, { dirs }) {
    const results = new Map<string, { partitionIndex: number; errorCode: number }[]>()
    for (const { path, topics } of dirs) {
      for (const { name, partitions } of topics) {
        const answers = results.get(name) ?? []
        results.set(name, answers)
        for (const partitionIndex of partitions) {
          answers.push({
            partitionIndex,
            errorCode: await move(broker, path, { topic: name, partition: partitionIndex }),
          })
        }
      }
    }
    return { results: Array.from(results, ([topicName, partitions]) => ({ topicName, partitions })) }
  },
})

async function move(
  { logs, replicas, logger }: BrokerContext,
  path: string,
  topicPartition: { topic: string; partition: number },
): Promise<number> {
  const directory = logs.directories.find((each) => each.path === path)
  if (directory === undefined) return ErrorCode.LOG_DIR_NOT_FOUND
  if (directory.error !== null) return ErrorCode.KAFKA_STORAGE_ERROR
  if (logs.isCordoned(directory)) return ErrorCode.INVALID_REPLICA_ASSIGNMENT
  const { replica, error } = replicas.find(topicPartition.topic, topicPartition.partition)
  if (logs.find(topicPartition)?.error != null) return ErrorCode.KAFKA_STORAGE_ERROR
  try {
    await logs.move(topicPartition, path)
  } catch (failure) {
    logger.warn('a replica cannot be moved', { ...topicPartition, path, error: failure })
    return ErrorCode.KAFKA_STORAGE_ERROR
  }
  return replica === undefined ? error : ErrorCode.NONE
}
