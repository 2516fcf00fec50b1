/**
 * The metadata log of a single node, in Kafka's format and place (`__cluster_metadata-0`): one voter, which leads from the
 * start. Always synced; a batch is committed when it is on disk.
 */
import type { BrokerConfig } from '@ottla/config'
import { type Env, FileSystemError, writeFileAtomic } from '@ottla/env'
import { DEFAULT_LOG_CONFIG, type LogConfig, type LogError, type LogResources, PartitionLog } from '@ottla/log'
import {
  ApiError,
  ControlRecordType,
  ErrorCode,
  encodeMessage,
  LeaderChangeMessage,
  type MetadataRecord,
  ZERO_UUID,
} from '@ottla/protocol'
import { METADATA_VERSION } from '../features.ts'
import type { FeaturesImage } from '../image/features-image.ts'
import { ImageBuilder } from '../image/image-builder.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import type { MetadataStore } from '../metadata-store.ts'
import { ITEMS_PER_STEP, type Steps } from '../steps.ts'
import { bootstrapRecords } from '../storage/bootstrap-records.ts'
import { makeDurableDirectory } from '../storage/durable-directory.ts'
import { readCheckpoint } from './checkpoint-file.ts'
import { featureUpgrades } from './feature-upgrade.ts'
import { checkLoaded, type LoadedTail, loadSnapshot, loadTail, logBegin, type QuorumControls } from './load-metadata.ts'
import { controlRecordsBatch, metadataBatch, metadataBatchInSteps } from './metadata-batch.ts'
import { formatQuorumState, parseQuorumState, type QuorumState } from './quorum-state.ts'
import { SnapshotWriter } from './snapshot-writer.ts'

export const METADATA_TOPIC_PARTITION = { topic: '__cluster_metadata', partition: 0 } as const
const METADATA_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
/** Records of a format (kafka-storage), read when the log is empty. */
export const BOOTSTRAP_CHECKPOINT = 'bootstrap.checkpoint'
const QUORUM_STATE = 'quorum-state'

export interface EmbeddedStoreOptions {
  readonly resources: LogResources
  readonly config: BrokerConfig
  /** metadata.log.dir, absolute. Locked by the caller. */
  readonly directory: string
  readonly nodeId: number
  /** The folder's last stop was clean: the log is not scanned for damage. */
  readonly cleanShutdown?: boolean
  /** Whether what was written and not synced survived the last stop. Default: unknown. */
  readonly pageCache?: 'kept' | 'lost' | 'unknown'
  /** A sync failed in the last run: what is behind the newest snapshot is written again. */
  readonly hadFailedSync?: boolean
  /** The log's disk failed. Told before anything else, so that the folder can be marked. */
  readonly logFailed?: (error: LogError) => void
}

interface PreparedBatch {
  readonly records: readonly MetadataRecord[]
  readonly timestampMs: number
  readonly batch: Buffer
}

export class EmbeddedStore implements MetadataStore {
  readonly batchBytesMax: number
  readonly epoch: number
  onCommitted: (committedEnd: number) => void = () => {}
  onReverted: (endOffset: number, error: Error) => void = () => {}
  onFailed: (error: Error) => void = () => {}

  readonly #log: PartitionLog
  readonly #env: Env
  readonly #snapshots: SnapshotWriter
  #committedEnd: number
  #lastTimestampMs = -1
  /** What {@link prepare} has made, for the next append. */
  #prepared: PreparedBatch | null = null

  /** Loads the folder, begins a new leader epoch in it, and gives it its first records when it has none. */
  static async open(options: EmbeddedStoreOptions): Promise<{ store: EmbeddedStore; image: MetadataImage }> {
    const { resources, directory, nodeId, config } = options
    const { env } = resources
    const path = `${directory}/${METADATA_TOPIC_PARTITION.topic}-${METADATA_TOPIC_PARTITION.partition}`
    await makeDurableDirectory(env.files, path)
    const snapshot = await loadSnapshot(env, path)
    const log = await PartitionLog.open({
      resources,
      path,
      topicPartition: METADATA_TOPIC_PARTITION,
      topicId: METADATA_TOPIC_ID,
      config: logConfigOf(config),
      cleanShutdown: options.cleanShutdown ?? false,
      pageCache: options.pageCache ?? 'unknown',
      hadFailedSync: options.hadFailedSync ?? false,
      ...(options.logFailed === undefined ? {} : { failed: options.logFailed }),
      recoveryPoint: snapshot.id.endOffset,
      logStartOffset: await logBegin(env, path, snapshot.id.endOffset),
    })
    // What the snapshot holds was committed; a log that ends below it has nothing to add.
    if (log.logEndOffset < snapshot.id.endOffset) await log.truncateFullyAndStartAt(snapshot.id.endOffset)
    const tail = await loadTail(log, snapshot)
    checkLoaded(path, nodeId, tail)
    tellKeptLevels(env, path, tail.image.features)
    const epoch = await claimEpoch({
      env,
      path,
      nodeId,
      controls: tail.controls,
      atLeast: Math.max(log.latestEpoch, snapshot.id.epoch),
    })
    const firstRecords = await openingRecords(env, directory, tail)
    const store = new EmbeddedStore(options, { log, epoch, tail })
    const image = await store.#lead({ nodeId, tail, firstRecords })
    return { store, image }
  }

  private constructor(
    { resources, config }: EmbeddedStoreOptions,
    loaded: { readonly log: PartitionLog; readonly epoch: number; readonly tail: LoadedTail },
  ) {
    const { log, epoch, tail } = loaded
    this.#env = resources.env
    this.#log = log
    this.epoch = epoch
    this.batchBytesMax = config.int('internal.metadata.max.batch.size.in.bytes')
    this.#committedEnd = log.logEndOffset
    this.#lastTimestampMs = tail.lastTimestampMs
    this.#snapshots = new SnapshotWriter({
      env: resources.env,
      log,
      everyBytes: config.int('metadata.log.max.record.bytes.between.snapshots'),
      everyMs: config.int('metadata.log.max.snapshot.interval.ms'),
      controls: tail.controls.records,
      unsnapshottedBytes: tail.sizeBytes,
    })
  }

  get endOffset(): number {
    return this.#log.logEndOffset
  }

  get committedEnd(): number {
    return this.#committedEnd
  }

  /** Encoding is the longest part of writing many records. */
  *prepare(records: readonly MetadataRecord[]): Steps<void> {
    if (records.length <= ITEMS_PER_STEP) return
    const timestampMs = this.#env.clock.now()
    this.#prepared = { records, timestampMs, batch: yield* metadataBatchInSteps(records, { timestampMs }) }
  }

  append(expectedEnd: number, records: readonly MetadataRecord[]): number {
    if (expectedEnd !== this.#log.logEndOffset) {
      const message = `the metadata log ends at ${this.#log.logEndOffset}, not at ${expectedEnd}`
      throw new ApiError(ErrorCode.NOT_CONTROLLER, message)
    }
    const batch = this.#encoded(records)
    if (batch.length > this.batchBytesMax) {
      const message = `${records.length} metadata records take ${batch.length} bytes, more than ${this.batchBytesMax} in one batch`
      throw new ApiError(ErrorCode.RECORD_LIST_TOO_LARGE, message)
    }
    return this.#appendBatch(batch)
  }

  noteImage(image: MetadataImage): void {
    this.#snapshots.noteImage(image, this.#lastTimestampMs)
  }

  async close(): Promise<void> {
    await this.#snapshots.idle()
    this.#log.onFailed = () => {}
    await this.#log.close({ clean: this.#log.failure === null })
  }

  /** Begins the epoch: the leader change, and what the log has to begin with. All of it is synced when it resolves. */
  async #lead(start: {
    readonly nodeId: number
    readonly tail: LoadedTail
    readonly firstRecords: readonly MetadataRecord[]
  }): Promise<MetadataImage> {
    const { nodeId, tail, firstRecords } = start
    const controls = [{ type: ControlRecordType.leaderChange, value: leaderChange(nodeId, tail.controls) }]
    this.#appendBatch(controlRecordsBatch(controls, { timestampMs: this.#now() }))
    const builder = new ImageBuilder(tail.image)
    if (firstRecords.length > 0) {
      this.#appendBatch(metadataBatch(firstRecords, { timestampMs: this.#now() }))
      for (const record of firstRecords) builder.apply(record)
    }
    await this.#log.flush()
    this.#committedEnd = this.#log.syncedEnd
    this.#log.updateHighWatermark(this.#committedEnd)
    builder.moveTo(this.#committedEnd - 1, this.epoch)
    this.#log.onProgress = () => this.#progress()
    this.#log.onReverted = (endOffset, error) => this.onReverted(endOffset, storageError(error))
    this.#log.onFailed = (error) => this.onFailed(storageError(error))
    return builder.build().image
  }

  #encoded(records: readonly MetadataRecord[]): Buffer {
    const prepared = this.#prepared
    this.#prepared = null
    if (prepared?.records !== records) return metadataBatch(records, { timestampMs: this.#now() })
    this.#lastTimestampMs = prepared.timestampMs
    return prepared.batch
  }

  #appendBatch(batch: Buffer): number {
    const result = this.#log.append(batch, { origin: 'controller', leaderEpoch: this.epoch })
    if (result.kind === 'rejected') throw new ApiError(result.error, result.message)
    this.#log.requestSync()
    this.#snapshots.countBytes(batch.length)
    return this.#log.logEndOffset
  }

  #progress(): void {
    const { syncedEnd } = this.#log
    if (syncedEnd <= this.#committedEnd) return
    this.#committedEnd = syncedEnd
    this.#log.updateHighWatermark(syncedEnd)
    this.onCommitted(syncedEnd)
  }

  #now(): number {
    this.#lastTimestampMs = this.#env.clock.now()
    return this.#lastTimestampMs
  }
}

function storageError(error: LogError): ApiError {
  return new ApiError(ErrorCode.KAFKA_STORAGE_ERROR, `the metadata log failed: ${error.message}`, { cause: error })
}

function logConfigOf(config: BrokerConfig): LogConfig {
  return {
    ...DEFAULT_LOG_CONFIG,
    cleanupDelete: false,
    durability: 'fsync',
    segmentBytes: config.get('internal.metadata.log.segment.bytes') ?? config.int('metadata.log.segment.bytes'),
    segmentMs: config.int('metadata.log.segment.ms'),
    retentionMs: -1,
    fileDeleteDelayMs: config.int('internal.metadata.delete.delay.millis'),
    maxMessageBytes: 2 ** 31 - 1,
  }
}

/** A folder of Apache Kafka may say levels that do not work here yet. */
function tellKeptLevels({ logger }: Env, path: string, { stored, finalized }: FeaturesImage): void {
  const kept = [...stored].filter(([name, level]) => level !== (finalized.get(name) ?? 0))
  if (kept.length === 0) return
  const features = kept.map(([name, level]) => `${name} ${level} (${finalized.get(name) ?? 0} in force)`)
  logger.warn('the folder asks for features that are not there yet: they are off, and stay written down', {
    path,
    features,
  })
}

/** The next epoch, on disk before anything is written in it. */
async function claimEpoch(options: {
  readonly env: Env
  readonly path: string
  readonly nodeId: number
  readonly controls: QuorumControls
  /** The newest epoch that log and snapshots know. */
  readonly atLeast: number
}): Promise<number> {
  const { env, path, nodeId, controls } = options
  const file = `${path}/${QUORUM_STATE}`
  const known = await readQuorumState(env, file)
  const leaderEpoch = Math.max(options.atLeast, known?.leaderEpoch ?? 0) + 1
  const dataVersion = controls.kraftVersion > 0 ? 1 : 0
  await writeFileAtomic(env.files, file, Buffer.from(formatQuorumState({ dataVersion, leaderId: nodeId, leaderEpoch })))
  return leaderEpoch
}

/** A file that cannot be read says nothing that the log does not say too. */
async function readQuorumState({ files, logger }: Env, file: string): Promise<QuorumState | undefined> {
  try {
    return parseQuorumState((await files.readFile(file)).toString())
  } catch (error) {
    const isMissing = error instanceof FileSystemError && error.code === 'ENOENT'
    if (!isMissing) logger.warn('quorum-state cannot be read and is written anew', { path: file, error })
    return undefined
  }
}

/** What a log without records begins with; and the end of a transaction that Kafka's controller left open. */
async function openingRecords({ files }: Env, directory: string, tail: LoadedTail): Promise<MetadataRecord[]> {
  if (tail.hasOpenTransaction) {
    return [{ kind: 'AbortTransactionRecord', version: 0, value: { reason: 'the controller changed' } }]
  }
  if (tail.image.features.stored.size > 0) return featureUpgrades(tail.image)
  const path = `${directory}/${BOOTSTRAP_CHECKPOINT}`
  const bytes = (await files.stat(path)) === null ? null : await files.readFile(path)
  const contents = bytes === null ? null : readCheckpoint(bytes)
  const records = contents?.records ?? []
  const hasLevel = records.some(
    (record) => record.kind === 'FeatureLevelRecord' && record.value.name === METADATA_VERSION,
  )
  // Nobody formatted the folder: all that works is on.
  return hasLevel ? [...records] : [...bootstrapRecords({}), ...records]
}

function leaderChange(nodeId: number, { kraftVersion, voters }: QuorumControls): Buffer {
  const version = kraftVersion > 0 ? 1 : 0
  const voterDirectoryId = voters[0]?.voterDirectoryId ?? ZERO_UUID
  const self = [{ voterId: nodeId, voterDirectoryId: version === 1 ? voterDirectoryId : ZERO_UUID }]
  return encodeMessage(LeaderChangeMessage, version, { version, leaderId: nodeId, voters: self, grantingVoters: self })
}
