/** AssignReplicasToDirs (73): a broker with several log dirs tells which one a replica is in (KIP-858). */
import {
  type AssignReplicasToDirsRequest,
  type AssignReplicasToDirsResponse,
  ErrorCode,
  type MetadataRecord,
} from '@ottla/protocol'
import { partitionChangeRecord } from '../records/make-record.ts'
import { UNASSIGNED_DIRECTORY } from './assignment.ts'
import { brokerEpochError } from './broker-epoch.ts'
import { type ControllerView, levelOf, type Outcome } from './controller-view.ts'

export function assignReplicasToDirs(
  view: ControllerView,
  request: AssignReplicasToDirsRequest,
): Outcome<AssignReplicasToDirsResponse> {
  const errorCode = brokerEpochError(view, request.brokerId, request.brokerEpoch)
  if (errorCode !== ErrorCode.NONE) return { response: { throttleTimeMs: 0, errorCode, directories: [] }, records: [] }
  const records: MetadataRecord[] = []
  const directories = request.directories.map(({ id, topics }) => ({
    id,
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => {
        const place = { brokerId: request.brokerId, directory: id, topicId, partitionIndex }
        const outcome = assign(view, place)
        if (typeof outcome === 'number') return { partitionIndex, errorCode: outcome }
        records.push(...outcome)
        return { partitionIndex, errorCode: ErrorCode.NONE }
      }),
    })),
  }))
  return { response: { throttleTimeMs: 0, errorCode, directories }, records }
}

function assign(
  view: ControllerView,
  {
    brokerId,
    directory,
    topicId,
    partitionIndex,
  }: {
    readonly brokerId: number
    readonly directory: string
    readonly topicId: string
    readonly partitionIndex: number
  },
): number | readonly MetadataRecord[] {
  const topic = view.image.topics.byId(topicId)
  if (topic === undefined) return ErrorCode.UNKNOWN_TOPIC_ID
  const partition = topic.partitions[partitionIndex]
  if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  const replica = partition.replicas.indexOf(brokerId)
  if (replica === -1) return ErrorCode.NOT_LEADER_OR_FOLLOWER
  const before = partition.replicas.map((_, index) => partition.directories[index] ?? UNASSIGNED_DIRECTORY)
  if (before[replica] === directory) return []
  return [
    partitionChangeRecord(levelOf(view), topicId, partitionIndex, { directories: before.with(replica, directory) }),
  ]
}
