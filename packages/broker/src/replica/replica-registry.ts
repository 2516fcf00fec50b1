/**
 * The partitions that have a replica on this broker, by topic name and by topic id. Follows the metadata: replicas come, change
 * and go with it, and so do the folders of their logs.
 */

import type { Logger, Timers } from '@ottla/env'
import { type LogConfig, LogError, type LogStore, type TopicPartition } from '@ottla/log'
import type { MetadataImage, PartitionImage, TopicImage } from '@ottla/metadata'
import { ErrorCode, ZERO_UUID } from '@ottla/protocol'
import { TopicTraffic } from '../metrics/topic-traffic.ts'
import { safeEndFor } from './durability.ts'
import { FolderQueue } from './folder-queue.ts'
import { OpenTurns } from './open-turns.ts'
import { PrepareQueue } from './prepare-queue.ts'
import { Replica } from './replica.ts'
import { whenReady } from './when-ready.ts'

export interface TopicSettings {
  readonly log: LogConfig
  /** max.decompressed.message.bytes */
  readonly maxDecompressedBytes: number
}

export interface ReplicaRegistryOptions {
  readonly nodeId: number
  readonly logs: LogStore
  readonly logger: Logger
  readonly timers: Timers
  readonly settingsOf: (topic: string) => TopicSettings
  /** The log of the replica is open, in that log dir. */
  readonly placed: (replica: Replica, directoryId: string) => void
  /** Of all topics. */
  readonly traffic: TopicTraffic
}

/** A replica, or why there is none here: UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID or NOT_LEADER_OR_FOLLOWER. */
export interface FoundReplica {
  readonly replica: Replica | undefined
  readonly error: number
}

/** Told of replicas as they come and go. */
export interface ReplicaObserver {
  /** A replica is there, or its leadership changed. */
  onReplica(replica: Replica): void
  onStopped(replica: Replica): void
}

/** A log that could not be opened for a passing reason (disk full) may be tried again after so long. */
const REOPEN_MS = 1000
/** New partitions of a topic that are made in the turn in which it comes; those behind them when somebody looks, or their log is to be made. */
const MADE_AT_ONCE = 500

interface HostedTopic {
  readonly name: string
  readonly id: string
  readonly traffic: TopicTraffic
  image: TopicImage
  settings: TopicSettings
  /** By partition; undefined where this broker has no replica, or nobody has looked at it yet. */
  readonly replicas: (Replica | undefined)[]
  /** Partitions from here on have no replica that was made. */
  knownPartitions: number
}

interface NewReplica {
  readonly partition: number
  readonly image: PartitionImage
  readonly isNew: boolean
}

export class ReplicaRegistry {
  readonly #options: ReplicaRegistryOptions
  readonly #byName = new Map<string, HostedTopic>()
  readonly #byId = new Map<string, HostedTopic>()
  readonly #folders = new FolderQueue()
  readonly #preparing = new PrepareQueue()
  readonly #openTurns = new OpenTurns()
  readonly #observers = new Set<ReplicaObserver>()

  constructor(options: ReplicaRegistryOptions) {
    this.#options = options
    options.logs.moves.hooks = {
      exclusively: ({ topic, partition }, job) =>
        new Promise((resolve, reject) => this.#folders.run(`${topic}-${partition}`, () => job().then(resolve, reject))),
      moved: (topicPartition) => this.#moved(topicPartition),
    }
  }

  find(topic: string, partition: number): FoundReplica {
    return this.#found(this.#byName.get(topic), partition, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  }

  findById(topicId: string, partition: number): FoundReplica {
    return this.#found(this.#byId.get(topicId), partition, ErrorCode.UNKNOWN_TOPIC_ID)
  }

  /** The id of the topic that has the name now; the zero uuid when there is none. */
  topicId(name: string): string {
    return this.#byName.get(name)?.id ?? ZERO_UUID
  }

  *all(): IterableIterator<Replica> {
    for (const hosted of this.#byId.values()) {
      for (let partition = 0; partition < hosted.image.partitions.length; partition++) {
        const replica = this.#replicaOf(hosted, partition)
        if (replica !== undefined) yield replica
      }
    }
  }

  /** What went in and out of each topic that has a replica here, by name. */
  *traffic(): IterableIterator<[topic: string, traffic: TopicTraffic]> {
    for (const { name, traffic } of this.#byId.values()) yield [name, traffic]
  }

  observe(observer: ReplicaObserver): void {
    this.#observers.add(observer)
    for (const replica of this.all()) observer.onReplica(replica)
  }

  /** Takes over the topics of the first image. Folders that belong to no replica of it are set aside. */
  async load(image: MetadataImage): Promise<void> {
    for (const topic of image.topics.all()) this.#host(topic, { isNew: false })
    const strays: TopicPartition[] = []
    for (const { topicPartition, topicId } of this.#options.logs.partitions()) {
      const { replica } = this.find(topicPartition.topic, topicPartition.partition)
      if (replica === undefined || (topicId !== undefined && topicId !== replica.topicId)) strays.push(topicPartition)
    }
    for (const stray of strays) {
      this.#options.logger.warn('partition folder is not assigned here and is set aside', { ...stray })
      await this.#options.logs.setAside(stray)
    }
  }

  /** Follows a change of the metadata: topics that are new or changed, and ids of topics that are gone. */
  update(changed: Iterable<TopicImage>, deletedIds: Iterable<string>): void {
    for (const id of deletedIds) this.#drop(id)
    for (const topic of changed) this.#host(topic, { isNew: true })
  }

  /** The settings of a topic changed. */
  settingsChanged(topic: string): void {
    const hosted = this.#byName.get(topic)
    if (hosted === undefined) return
    hosted.settings = this.#options.settingsOf(topic)
    for (const replica of hosted.replicas) replica?.configure(hosted.settings)
  }

  /** The settings of all topics may have changed. */
  allSettingsChanged(): void {
    for (const name of this.#byName.keys()) this.settingsChanged(name)
  }

  /** Opens the logs of all replicas, `concurrency` at a time; recovers them where the last stop was not clean. */
  async openAll(concurrency: number): Promise<void> {
    const waiting = [...this.all()]
    const work = async (): Promise<void> => {
      for (let replica = waiting.shift(); replica !== undefined; replica = waiting.shift()) await whenReady(replica)
    }
    await Promise.all(Array.from({ length: concurrency }, work))
  }

  /** Has everybody who waits for a partition look again: at a stop, nobody waits any longer. */
  wakeAll(): void {
    for (const { replicas } of this.#byId.values()) for (const replica of replicas) replica?.wake()
  }

  /** Makes no more folders for new partitions, and waits until none is being made or removed. */
  async settle(): Promise<void> {
    this.#preparing.close()
    await this.#folders.settle()
  }

  #host(topic: TopicImage, { isNew }: { isNew: boolean }): void {
    const { nodeId } = this.#options
    const hosted = this.#hosted(topic)
    hosted.image = topic
    hosted.settings = this.#options.settingsOf(topic.name)
    const { partitions } = topic
    hosted.replicas.forEach((replica, partition) => {
      const image = partitions[partition]!
      if (replica === undefined || replica.image === image) return
      if (!image.replicas.includes(nodeId)) {
        this.#remove(hosted, replica)
        hosted.knownPartitions = Math.min(hosted.knownPartitions, partition)
        return
      }
      replica.update(image)
      for (const observer of this.#observers) observer.onReplica(replica)
    })
    while (hosted.replicas.length < partitions.length) hosted.replicas.push(undefined)
    const from = hosted.knownPartitions
    const upTo = isNew ? Math.min(partitions.length, from + MADE_AT_ONCE) : partitions.length
    hosted.knownPartitions = partitions.length
    for (let partition = from; partition < upTo; partition++) this.#replicaOf(hosted, partition, { isNew })
    if (isNew && from < partitions.length) this.#preparing.add(this.#toPrepare(hosted, from))
  }

  #hosted(topic: TopicImage): HostedTopic {
    let hosted = this.#byId.get(topic.id)
    if (hosted === undefined) {
      hosted = {
        name: topic.name,
        id: topic.id,
        traffic: new TopicTraffic(this.#options.traffic),
        image: topic,
        settings: this.#options.settingsOf(topic.name),
        replicas: [],
        knownPartitions: 0,
      }
      this.#byId.set(topic.id, hosted)
      this.#byName.set(topic.name, hosted)
    }
    return hosted
  }

  /** The replicas whose logs are to be made, each made when it is its turn. */
  *#toPrepare(hosted: HostedTopic, from: number): Generator<Replica> {
    for (let partition = from; partition < hosted.knownPartitions; partition++) {
      if (this.#byId.get(hosted.id) !== hosted) return
      const replica = this.#replicaOf(hosted, partition)
      if (replica !== undefined) yield replica
    }
  }

  /** The replica, made when nobody has looked at the partition before; undefined when this broker has none. */
  #replicaOf(hosted: HostedTopic, partition: number, { isNew } = { isNew: true }): Replica | undefined {
    const known = hosted.replicas[partition]
    if (known !== undefined) return known
    const image = hosted.image.partitions[partition]
    if (image === undefined || !image.replicas.includes(this.#options.nodeId)) return undefined
    return this.#add(hosted, { partition, image, isNew })
  }

  #found(hosted: HostedTopic | undefined, partition: number, unknown: number): FoundReplica {
    if (hosted === undefined) return { replica: undefined, error: unknown }
    const replica = hosted.replicas[partition] ?? this.#replicaOf(hosted, partition)
    if (replica !== undefined) return { replica, error: ErrorCode.NONE }
    const exists = partition >= 0 && partition < hosted.image.partitions.length
    return { replica, error: exists ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }
  }

  #add(hosted: HostedTopic, { partition, image, isNew }: NewReplica): Replica {
    const { name: topic, id: topicId, traffic } = hosted
    const identity = { topic, topicId, partition, nodeId: this.#options.nodeId, traffic }
    const replica = new Replica(identity, image, (self) => this.#open(self, { isNew }))
    replica.configure(hosted.settings)
    hosted.replicas[partition] = replica
    for (const observer of this.#observers) observer.onReplica(replica)
    return replica
  }

  #open(replica: Replica, options: { isNew: boolean }): void {
    const { topic, partition } = replica
    const open = async (): Promise<void> => {
      if (!replica.isStopped) await this.#openNow(replica, options)
    }
    this.#folders.run(`${topic}-${partition}`, () => this.#openTurns.run(topic, open))
  }

  async #openNow(replica: Replica, { isNew }: { isNew: boolean }): Promise<void> {
    const { logs } = this.#options
    const { topic, partition, topicId } = replica
    const topicPartition = { topic, partition }
    const durability = this.#isSynced(replica) ? 'fsync' : 'replicated'
    const log = await logs
      .openLog(topicPartition, { topicId, isNew, durability })
      .catch((error: unknown) => this.#openFailed(replica, error))
    if (log === undefined) return
    // Settings that changed while the log was being opened.
    log.updateConfig(this.#settingsOf(replica).log)
    const stored = logs.find(topicPartition)
    replica.opened(log, stored?.highWatermark ?? 0)
    if (stored !== undefined) this.#options.placed(replica, stored.directory.directoryId)
  }

  /** The log of a replica is in another folder now. */
  async #moved({ topic, partition }: TopicPartition): Promise<void> {
    const { replica } = this.find(topic, partition)
    if (replica === undefined) return
    this.#open(replica, { isNew: false })
  }

  #openFailed(replica: Replica, error: unknown): undefined {
    if (replica.isStopped) return
    const { logger, timers } = this.#options
    const { topic, partition } = replica
    logger.error('partition is offline: its log cannot be opened', { topic, partition, error })
    replica.failed(ErrorCode.KAFKA_STORAGE_ERROR)
    if (error instanceof LogError && error.retriable) timers.after(REOPEN_MS, () => this.#openAgain(replica))
  }

  /** Those who watch replicas ask for the log again: a coordinator whose requests never touch it would not. */
  #openAgain(replica: Replica): void {
    if (replica.isStopped) return
    replica.forgetFailure()
    for (const observer of this.#observers) observer.onReplica(replica)
  }

  /** Whether acknowledgements of the partition wait for the disk. */
  #isSynced(replica: Replica): boolean {
    return safeEndFor(this.#settingsOf(replica).log, replica.image.replicas.length) === 'synced'
  }

  /** One object for all partitions of a topic. */
  #settingsOf({ topic, topicId }: Replica): TopicSettings {
    return this.#byId.get(topicId)?.settings ?? this.#options.settingsOf(topic)
  }

  #drop(topicId: string): void {
    const hosted = this.#byId.get(topicId)
    if (hosted === undefined) return
    this.#byId.delete(topicId)
    if (this.#byName.get(hosted.name) === hosted) this.#byName.delete(hosted.name)
    for (const replica of hosted.replicas) if (replica !== undefined) this.#remove(hosted, replica)
  }

  #remove(hosted: HostedTopic, replica: Replica): void {
    const { logs, logger } = this.#options
    const { topic, partition } = replica
    hosted.replicas[partition] = undefined
    replica.stop()
    for (const observer of this.#observers) observer.onStopped(replica)
    this.#folders.run(`${topic}-${partition}`, async () => {
      try {
        if (logs.find({ topic, partition }) !== undefined) await logs.deleteLog({ topic, partition })
      } catch (error) {
        logger.error('partition folder cannot be removed', { topic, partition, error })
      }
    })
  }
}
