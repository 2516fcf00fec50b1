/** ElectLeaders (43): the preferred leader, or in need any replica that lives (KIP-183, KIP-460). */
import {
  type ElectLeadersRequest,
  type ElectLeadersResponse,
  ErrorCode,
  errorOf,
  type MetadataRecord,
} from '@ottla/protocol'
import type { TopicImage } from '../image/topics-image.ts'
import { NO_LEADER, type PartitionChange, partitionChangeRecord } from '../records/make-record.ts'
import { type ControllerView, levelOf, type Outcome } from './controller-view.ts'
import { electLeader, isActiveBroker } from './leader-election.ts'

const PREFERRED = 0
const UNCLEAN = 1

type PartitionResult = ElectLeadersResponse['replicaElectionResults'][number]['partitionResult'][number]

export function electLeaders(view: ControllerView, request: ElectLeadersRequest): Outcome<ElectLeadersResponse> {
  const wanted = request.topicPartitions ?? everyPartition(view)
  const records: MetadataRecord[] = []
  const results = wanted.map(({ topic: name, partitions }) => {
    const topic = view.image.topics.byName(name)
    const partitionResult: PartitionResult[] = []
    for (const partitionId of partitions) {
      const outcome = elect(view, { name, topic, partitionId, electionType: request.electionType })
      // Who asks for all partitions wants to hear only of those that something was done for.
      if (request.topicPartitions === null && outcome.code === ErrorCode.ELECTION_NOT_NEEDED) continue
      partitionResult.push({ partitionId, errorCode: outcome.code, errorMessage: outcome.message ?? null })
      if (topic === undefined || outcome.change === undefined) continue
      records.push(partitionChangeRecord(levelOf(view), topic.id, partitionId, outcome.change))
    }
    return { topic: name, partitionResult }
  })
  const isKnown = request.electionType === PREFERRED || request.electionType === UNCLEAN
  const errorCode = isKnown ? ErrorCode.NONE : ErrorCode.INVALID_REQUEST
  return { response: { throttleTimeMs: 0, errorCode, replicaElectionResults: results }, records }
}

function everyPartition({ image }: ControllerView): { topic: string; partitions: number[] }[] {
  return [...image.topics.all()].map(({ name, partitions }) => ({ topic: name, partitions: [...partitions.keys()] }))
}

interface Candidate {
  readonly name: string
  readonly topic: TopicImage | undefined
  readonly partitionId: number
  readonly electionType: number
}

interface Election {
  readonly code: number
  readonly message?: string
  readonly change?: PartitionChange
}

function elect(view: ControllerView, { name, topic, partitionId, electionType }: Candidate): Election {
  if (electionType !== PREFERRED && electionType !== UNCLEAN) {
    return { code: ErrorCode.INVALID_REQUEST, message: `Unknown election type ${electionType}` }
  }
  if (topic === undefined) return unknown(`No such topic as ${name}`)
  const partition = topic.partitions[partitionId]
  if (partition === undefined) return unknown(`No such partition as ${name}-${partitionId}`)
  const isUnclean = electionType === UNCLEAN
  const isDone = isUnclean ? partition.leader !== NO_LEADER : partition.leader === partition.replicas[0]
  if (isDone) return { code: ErrorCode.ELECTION_NOT_NEEDED, message: 'Leader election not needed for topic partition.' }
  const isActive = (id: number) => isActiveBroker(view.image, id)
  const change = electLeader(partition, { kind: isUnclean ? 'unclean' : 'preferred', isActive, level: levelOf(view) })
  const leader = change?.leader ?? partition.leader
  const isElected = isUnclean ? leader !== NO_LEADER : leader === partition.replicas[0]
  if (isElected) return change === null ? { code: ErrorCode.NONE } : { code: ErrorCode.NONE, change }
  return failed(isUnclean ? ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE : ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE)
}

function unknown(message: string): Election {
  return { code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message }
}

function failed(code: number): Election {
  return { code, message: errorOf(code).message }
}
