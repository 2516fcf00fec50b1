/** ElectLeaders (43): the preferred leader, or in need any replica that lives (KIP-183, KIP-460). */
import {
  type ElectLeadersRequest,
  type ElectLeadersResponse,
  ErrorCode,
  errorOf,
  type MetadataRecord,
} from '@ottla/protocol'
import type { PartitionImage } from '../image/topics-image.ts'
import { NO_LEADER, type PartitionChange, partitionChangeRecord } from '../records/make-record.ts'
import { type ControllerView, levelOf, type Outcome } from './controller-view.ts'
import { electLeader, isActiveBroker } from './leader-election.ts'

const UNCLEAN = 1

type PartitionResult = ElectLeadersResponse['replicaElectionResults'][number]['partitionResult'][number]

export function electLeaders(view: ControllerView, request: ElectLeadersRequest): Outcome<ElectLeadersResponse> {
  const wanted = request.topicPartitions ?? everyPartition(view)
  const records: MetadataRecord[] = []
  const results = wanted.map(({ topic: name, partitions }) => {
    const topic = view.image.topics.byName(name)
    const partitionResult: PartitionResult[] = []
    for (const partitionId of partitions) {
      const outcome = elect(view, topic?.partitions[partitionId], request.electionType)
      // Who asks for all partitions wants to hear only of those that something was done for.
      if (request.topicPartitions === null && outcome.code === ErrorCode.ELECTION_NOT_NEEDED) continue
      const errorMessage = outcome.code === ErrorCode.NONE ? null : errorOf(outcome.code).message
      partitionResult.push({ partitionId, errorCode: outcome.code, errorMessage })
      if (topic === undefined || outcome.change === null) continue
      records.push(partitionChangeRecord(levelOf(view), topic.id, partitionId, outcome.change))
    }
    return { topic: name, partitionResult }
  })
  const replicaElectionResults =
    request.topicPartitions === null ? results.filter(({ partitionResult }) => partitionResult.length > 0) : results
  return { response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, replicaElectionResults }, records }
}

function everyPartition({ image }: ControllerView): { topic: string; partitions: number[] }[] {
  return [...image.topics.all()].map(({ name, partitions }) => ({ topic: name, partitions: [...partitions.keys()] }))
}

function elect(
  view: ControllerView,
  partition: PartitionImage | undefined,
  electionType: number,
): { readonly code: number; readonly change: PartitionChange | null } {
  if (partition === undefined) return { code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, change: null }
  const isUnclean = electionType === UNCLEAN
  const isDone = isUnclean ? partition.leader !== NO_LEADER : partition.leader === partition.replicas[0]
  if (isDone) return { code: ErrorCode.ELECTION_NOT_NEEDED, change: null }
  const isActive = (id: number) => isActiveBroker(view.image, id)
  const change = electLeader(partition, { kind: isUnclean ? 'unclean' : 'preferred', isActive, level: levelOf(view) })
  const leader = change?.leader ?? partition.leader
  const isElected = isUnclean ? leader !== NO_LEADER : leader === partition.replicas[0]
  if (isElected) return { code: ErrorCode.NONE, change }
  const code = isUnclean ? ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE : ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE
  return { code, change: null }
}
