/** The `quorum-state` file: who leads the metadata log, in which epoch. JSON, as Kafka writes it. */
import { fromJson, type JsonObject, QuorumStateData, toJson, ZERO_UUID } from '@ottla/protocol'

export interface QuorumState {
  /** Written in the version that was found: 1 belongs to quorums with dynamic voters (KIP-853). */
  readonly dataVersion: 0 | 1
  readonly leaderId: number
  readonly leaderEpoch: number
}

export function parseQuorumState(text: string): QuorumState {
  const { data_version: version, ...fields } = JSON.parse(text) as JsonObject
  const dataVersion = version === 0 ? 0 : 1
  const { leaderId, leaderEpoch } = fromJson(QuorumStateData, dataVersion, fields)
  return { dataVersion, leaderId, leaderEpoch }
}

export function formatQuorumState({ dataVersion, leaderId, leaderEpoch }: QuorumState): string {
  const fields = toJson(QuorumStateData, dataVersion, {
    clusterId: '',
    leaderId,
    leaderEpoch,
    votedId: -1,
    votedDirectoryId: ZERO_UUID,
    appliedOffset: 0,
    currentVoters: [{ voterId: leaderId }],
  })
  return JSON.stringify({ ...fields, data_version: dataVersion })
}
