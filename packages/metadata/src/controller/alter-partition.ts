/** AlterPartition (56): the leader of a partition proposes another ISR (KIP-497, KIP-704, KIP-841, KIP-903). */
import {
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  ErrorCode,
  type MetadataRecord,
} from '@ottla/protocol'
import type { PartitionImage } from '../image/topics-image.ts'
import { partitionChangeRecord } from '../records/make-record.ts'
import { brokerEpochError } from './broker-epoch.ts'
import { type ControllerView, levelOf, type Outcome } from './controller-view.ts'
import { electLeader, isActiveBroker, RECOVERED, RECOVERING } from './leader-election.ts'

type PartitionRequest = AlterPartitionRequest['topics'][number]['partitions'][number]
type PartitionResult = AlterPartitionResponse['topics'][number]['partitions'][number]

export function alterPartition(view: ControllerView, request: AlterPartitionRequest): Outcome<AlterPartitionResponse> {
  const errorCode = brokerEpochError(view, request.brokerId, request.brokerEpoch)
  if (errorCode !== ErrorCode.NONE) return { response: { throttleTimeMs: 0, errorCode, topics: [] }, records: [] }
  const records: MetadataRecord[] = []
  const topics = request.topics.map(({ topicId, partitions }) => {
    const topic = view.image.topics.byId(topicId)
    const results = partitions.map((proposal): PartitionResult => {
      const partition = topic?.partitions[proposal.partitionIndex]
      if (topic === undefined) return failed(proposal, ErrorCode.UNKNOWN_TOPIC_ID)
      if (partition === undefined) return failed(proposal, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      const error = proposalError(view, partition, { ...proposal, brokerId: request.brokerId })
      if (error !== ErrorCode.NONE) return failed(proposal, error)
      const outcome = applyProposal(view, partition, proposal)
      if (outcome.change !== null) {
        records.push(partitionChangeRecord(levelOf(view), topicId, proposal.partitionIndex, outcome.change))
      }
      return outcome.result
    })
    return { topicId, partitions: results }
  })
  return { response: { throttleTimeMs: 0, errorCode, topics }, records }
}

/** The brokers proposed; before version 3 they came without their epochs. */
function proposedIsr({
  newIsr,
  newIsrWithEpochs,
}: PartitionRequest): { readonly brokerId: number; readonly brokerEpoch: number }[] {
  if (newIsrWithEpochs.length > 0) return [...newIsrWithEpochs]
  return newIsr.map((brokerId) => ({ brokerId, brokerEpoch: -1 }))
}

function proposalError(
  view: ControllerView,
  partition: PartitionImage,
  proposal: PartitionRequest & { readonly brokerId: number },
): number {
  if (proposal.leaderEpoch > partition.leaderEpoch) return ErrorCode.NOT_CONTROLLER
  if (proposal.leaderEpoch < partition.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH
  if (proposal.partitionEpoch > partition.partitionEpoch) return ErrorCode.NOT_CONTROLLER
  if (proposal.brokerId !== partition.leader) return ErrorCode.INVALID_REQUEST
  if (proposal.partitionEpoch < partition.partitionEpoch) return ErrorCode.INVALID_UPDATE_VERSION
  const isr = proposedIsr(proposal)
  const ids = isr.map(({ brokerId }) => brokerId)
  const isLegal =
    ids.length > 0 &&
    new Set(ids).size === ids.length &&
    ids.every((id) => partition.replicas.includes(id)) &&
    ids.includes(partition.leader)
  if (!isLegal) return ErrorCode.INVALID_REQUEST
  const { leaderRecoveryState } = proposal
  if (leaderRecoveryState !== RECOVERED && leaderRecoveryState !== RECOVERING) return ErrorCode.INVALID_REQUEST
  if (leaderRecoveryState === RECOVERING) {
    if (ids.length > 1 || partition.leaderRecoveryState === RECOVERED) return ErrorCode.INVALID_REQUEST
  }
  const isEligible = isr.every(
    ({ brokerId, brokerEpoch }) =>
      isActiveBroker(view.image, brokerId) &&
      (brokerEpoch === -1 || view.image.brokers.get(brokerId)?.epoch === brokerEpoch),
  )
  return isEligible ? ErrorCode.NONE : ErrorCode.INELIGIBLE_REPLICA
}

function applyProposal(view: ControllerView, partition: PartitionImage, proposal: PartitionRequest) {
  const isr = proposedIsr(proposal).map(({ brokerId }) => brokerId)
  const isActive = (id: number) => isActiveBroker(view.image, id)
  const elected = electLeader(partition, { kind: 'online', isActive, isr, level: levelOf(view) })
  const isRecovered = proposal.leaderRecoveryState !== partition.leaderRecoveryState
  const change = isRecovered ? { ...elected, leaderRecoveryState: proposal.leaderRecoveryState } : elected
  const leaderChanged = change?.leader !== undefined
  const result: PartitionResult = {
    partitionIndex: proposal.partitionIndex,
    errorCode: ErrorCode.NONE,
    leaderId: change?.leader ?? partition.leader,
    leaderEpoch: partition.leaderEpoch + (leaderChanged ? 1 : 0),
    isr,
    leaderRecoveryState: proposal.leaderRecoveryState,
    partitionEpoch: partition.partitionEpoch + (change === null ? 0 : 1),
  }
  return { change, result }
}

function failed({ partitionIndex }: PartitionRequest, errorCode: number): PartitionResult {
  return {
    partitionIndex,
    errorCode,
    leaderId: 0,
    leaderEpoch: 0,
    isr: [],
    leaderRecoveryState: 0,
    partitionEpoch: 0,
  }
}
