/**
 * The controller as a shard: requests become metadata records and answers, the image is the fold of the records. Which
 * log the records go to, and when they count as committed, is the runtime's and the store's business.
 */
import type { BrokerConfig } from '@ottla/config'
import { API_KEYS, type MetadataRecord } from '@ottla/protocol'
import type { Decision, Instant, Shard } from '@ottla/runtime'
import type { SnapshotRegistry } from '@ottla/stdx'
import type { ControllerApiKey, ControllerApis, MetadataUpdate } from '../controller-channel.ts'
import { ConfigResourceType, type ConfigTexts } from '../image/configs-image.ts'
import { ImageTimeline } from '../image/image-timeline.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { Steps } from '../steps.ts'
import { alterClientQuotas } from './alter-client-quotas.ts'
import { alterConfigs, incrementalAlterConfigs } from './alter-configs.ts'
import { alterPartition } from './alter-partition.ts'
import { alterScramCredentials } from './alter-scram-credentials.ts'
import { assignReplicasToDirs } from './assign-directories.ts'
import { brokerHeartbeat, fenceRecords, registerBroker, sessionTimers, unregisterBroker } from './broker-lifecycle.ts'
import type { ControllerTimer, ControllerView, Outcome, RequestInput } from './controller-view.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteTopics } from './delete-topics.ts'
import { electLeaders } from './elect-leaders.ts'
import { allocateProducerIds } from './producer-ids.ts'
import { addRaftVoter, describeQuorum, removeRaftVoter } from './quorum.ts'
import { alterPartitionReassignments } from './reassign-partitions.ts'
import { unregisterController } from './unregister-controller.ts'
import { updateFeatures } from './update-features.ts'

/** One decision per API key. */
type Handlers = {
  readonly [Key in ControllerApiKey]: (
    view: ControllerView,
    request: ControllerApis[Key]['request'],
    input: RequestInput,
  ) => Outcome<ControllerApis[Key]['response']> | Steps<Outcome<ControllerApis[Key]['response']>>
}

const HANDLERS: Handlers = {
  [API_KEYS.CreateTopics]: createTopics,
  [API_KEYS.DeleteTopics]: deleteTopics,
  [API_KEYS.AlterConfigs]: alterConfigs,
  [API_KEYS.CreatePartitions]: createPartitions,
  [API_KEYS.ElectLeaders]: electLeaders,
  [API_KEYS.IncrementalAlterConfigs]: incrementalAlterConfigs,
  [API_KEYS.AlterPartitionReassignments]: alterPartitionReassignments,
  [API_KEYS.AlterClientQuotas]: alterClientQuotas,
  [API_KEYS.AlterUserScramCredentials]: alterScramCredentials,
  [API_KEYS.DescribeQuorum]: describeQuorum,
  [API_KEYS.AlterPartition]: alterPartition,
  [API_KEYS.UpdateFeatures]: updateFeatures,
  [API_KEYS.BrokerRegistration]: registerBroker,
  [API_KEYS.BrokerHeartbeat]: brokerHeartbeat,
  [API_KEYS.UnregisterBroker]: unregisterBroker,
  [API_KEYS.AllocateProducerIds]: allocateProducerIds,
  [API_KEYS.AssignReplicasToDirs]: assignReplicasToDirs,
  [API_KEYS.AddRaftVoter]: addRaftVoter,
  [API_KEYS.RemoveRaftVoter]: removeRaftVoter,
  [API_KEYS.UnregisterController]: unregisterController,
}

export interface ControllerShardOptions {
  readonly registry: SnapshotRegistry
  readonly clusterId: string
  readonly nodeId: number
  /** Settings of the controller's node, without dynamic ones. */
  readonly config: BrokerConfig
  /** What the log held when it was loaded. */
  readonly image: MetadataImage
  /** Null: brokers are never fenced for their silence, because they live and die with the controller. */
  readonly brokerSessionTimeoutMs: number | null
}

export class ControllerShard implements Shard<MetadataRecord, never, ControllerTimer> {
  readonly #options: ControllerShardOptions
  readonly #timeline: ImageTimeline
  /** Leader epoch under which this node writes. */
  readonly #epoch: number
  #effective: { readonly clusterDefault: ConfigTexts; readonly broker: ConfigTexts; readonly config: BrokerConfig }

  constructor(options: ControllerShardOptions) {
    this.#options = options
    this.#timeline = new ImageTimeline(options.registry, options.image)
    this.#epoch = options.image.epoch
    this.#effective = { clusterDefault: new Map(), broker: new Map(), config: options.config }
  }

  /** The newest image, also of what is not committed yet. */
  get image(): MetadataImage {
    return this.#timeline.get()
  }

  replay(record: MetadataRecord, offset: number): void {
    this.#timeline.replay(record, offset, this.#epoch)
  }

  /** Brokers that were alive get a whole session to say so. */
  loaded(now: Instant): Decision<MetadataRecord, never, ControllerTimer> {
    const view = this.#view()
    const alive = [...view.image.brokers.values()].filter(({ fenced }) => !fenced)
    return { records: [], timers: alive.flatMap(({ id, epoch }) => sessionTimers(view, id, epoch, { now })) }
  }

  fire(timer: ControllerTimer): Decision<MetadataRecord, never, ControllerTimer> {
    const view = this.#view()
    const broker = view.image.brokers.get(timer.brokerId)
    const isCurrent = broker !== undefined && broker.epoch === timer.brokerEpoch && !broker.fenced
    return { records: isCurrent ? fenceRecords(view, broker) : [] }
  }

  /** Decides about a request. In the meantime nothing else may be decided. */
  *decide<Key extends ControllerApiKey>(
    apiKey: Key,
    request: ControllerApis[Key]['request'],
    input: RequestInput,
  ): Steps<Outcome<ControllerApis[Key]['response']>> {
    const outcome = HANDLERS[apiKey](this.#view(), request, input)
    return 'next' in outcome ? yield* outcome : outcome
  }

  /** What became committed since the last call; null when that changed nothing. */
  publish(committedEnd: number): MetadataUpdate | null {
    return this.#timeline.publish(committedEnd)
  }

  #view(): ControllerView {
    const { clusterId, nodeId, brokerSessionTimeoutMs } = this.#options
    const { image } = this
    const nextOffset = image.offset + 1
    return { clusterId, nodeId, image, config: this.#config(image), nextOffset, brokerSessionTimeoutMs }
  }

  /** The node's settings with the dynamic ones of the image; worked out anew only when those changed. */
  #config(image: MetadataImage): BrokerConfig {
    const clusterDefault = image.configs.of(ConfigResourceType.BROKER, '')
    const broker = image.configs.of(ConfigResourceType.BROKER, String(this.#options.nodeId))
    if (clusterDefault !== this.#effective.clusterDefault || broker !== this.#effective.broker) {
      const config = this.#options.config.withDynamic({ clusterDefault, broker })
      this.#effective = { clusterDefault, broker, config }
    }
    return this.#effective.config
  }
}
