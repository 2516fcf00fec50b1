/** The quorum that holds the cluster's metadata, and who is registered in it (KIP-595, KIP-836, KIP-853). */
import { ZERO_UUID } from '@ottla/protocol'
import {
  ADD_RAFT_VOTER,
  DESCRIBE_QUORUM,
  REMOVE_RAFT_VOTER,
  UNREGISTER_BROKER,
  UNREGISTER_CONTROLLER,
} from '../apis.ts'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import { throwBrokerError } from '../errors.ts'

export interface QuorumReplica {
  readonly id: number
  /** The zero uuid when the broker does not say. */
  readonly directoryId: string
  readonly logEndOffset: number
  /** Milliseconds; null when unknown. */
  readonly lastFetchAt: number | null
  readonly lastCaughtUpAt: number | null
}

export interface QuorumDescription {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  readonly voters: readonly QuorumReplica[]
  readonly observers: readonly QuorumReplica[]
  readonly nodes: readonly { readonly id: number; readonly listeners: readonly QuorumListener[] }[]
}

export interface QuorumListener {
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface Voter {
  readonly id: number
  readonly directoryId: string
}

const METADATA_TOPIC = '__cluster_metadata'

export class QuorumAdmin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  async describe(options: CallOptions = {}): Promise<QuorumDescription> {
    const answer = await this.#cluster.call(
      {
        target: { kind: 'any' },
        api: DESCRIBE_QUORUM,
        init: { topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }] },
        what: 'describe the quorum',
        check: ({ errorCode, errorMessage, topics }) => {
          throwBrokerError(errorCode, errorMessage)
          const partition = topics[0]?.partitions[0]
          throwBrokerError(partition?.errorCode ?? 0, partition?.errorMessage)
        },
      },
      this.#cluster.context(options),
    )
    const { leaderId, leaderEpoch, highWatermark, currentVoters, observers } = answer.topics[0]!.partitions[0]!
    return {
      leaderId,
      leaderEpoch,
      highWatermark,
      voters: currentVoters.map(quorumReplica),
      observers: observers.map(quorumReplica),
      nodes: answer.nodes.map(({ nodeId: id, listeners }) => ({ id, listeners })),
    }
  }

  /** Rejects where the quorum is a fixed one. */
  async addVoter(
    voter: Voter & { readonly listeners: readonly QuorumListener[] },
    options: CallOptions & { readonly clusterId?: string } = {},
  ): Promise<void> {
    const context = this.#cluster.context(options)
    await this.#cluster.call(
      {
        target: { kind: 'controller' },
        api: ADD_RAFT_VOTER,
        init: {
          clusterId: options.clusterId ?? null,
          timeoutMs: context.deadline.wholeMs,
          voterId: voter.id,
          voterDirectoryId: voter.directoryId,
          listeners: [...voter.listeners],
        },
        what: `add voter ${voter.id}`,
        check: ({ errorCode, errorMessage }) => throwBrokerError(errorCode, errorMessage),
      },
      context,
    )
  }

  /** Rejects where the quorum is a fixed one. */
  async removeVoter(voter: Voter, options: CallOptions & { readonly clusterId?: string } = {}): Promise<void> {
    await this.#cluster.call(
      {
        target: { kind: 'controller' },
        api: REMOVE_RAFT_VOTER,
        init: { clusterId: options.clusterId ?? null, voterId: voter.id, voterDirectoryId: voter.directoryId },
        what: `remove voter ${voter.id}`,
        check: ({ errorCode, errorMessage }) => throwBrokerError(errorCode, errorMessage),
      },
      this.#cluster.context(options),
    )
  }

  /** Takes the registration of a broker out of the metadata; meant for one that is gone for good. */
  async unregisterBroker(brokerId: number, options: CallOptions = {}): Promise<void> {
    await this.#cluster.call(
      {
        target: { kind: 'controller' },
        api: UNREGISTER_BROKER,
        init: { brokerId },
        what: `unregister broker ${brokerId}`,
        check: ({ errorCode, errorMessage }) => throwBrokerError(errorCode, errorMessage),
      },
      this.#cluster.context(options),
    )
  }

  /** Takes the registration of a controller out of the metadata; meant for one that is gone for good. */
  async unregisterController(controllerId: number, options: CallOptions = {}): Promise<void> {
    await this.#cluster.call(
      {
        target: { kind: 'controller' },
        api: UNREGISTER_CONTROLLER,
        init: { controllerId },
        what: `unregister controller ${controllerId}`,
        check: ({ errorCode, errorMessage }) => throwBrokerError(errorCode, errorMessage),
      },
      this.#cluster.context(options),
    )
  }
}

function quorumReplica(replica: {
  replicaId: number
  replicaDirectoryId: string
  logEndOffset: number
  lastFetchTimestamp: number
  lastCaughtUpTimestamp: number
}): QuorumReplica {
  return {
    id: replica.replicaId,
    directoryId: replica.replicaDirectoryId ?? ZERO_UUID,
    logEndOffset: replica.logEndOffset,
    lastFetchAt: replica.lastFetchTimestamp < 0 ? null : replica.lastFetchTimestamp,
    lastCaughtUpAt: replica.lastCaughtUpTimestamp < 0 ? null : replica.lastCaughtUpTimestamp,
  }
}
