/** Start-up of the embedded store: the newest whole snapshot, then the log behind it. */
import type { Env } from '@ottla/env'
import type { PartitionLog } from '@ottla/log'
import {
  ControlRecordType,
  decodeMessage,
  KRaftVersionRecord,
  type MetadataRecord,
  ProtocolError,
  VotersRecord,
} from '@ottla/protocol'
import { METADATA_VERSION_LATEST, METADATA_VERSION_MIN, metadataVersionName } from '../features.ts'
import { ImageBuilder } from '../image/image-builder.ts'
import { EMPTY_IMAGE, type MetadataImage } from '../image/metadata-image.ts'
import { MetadataError } from '../metadata-error.ts'
import { parseCheckpointName, readCheckpoint, type SnapshotId } from './checkpoint-file.ts'
import { type ControlRecord, type ReadBatch, readMetadataBatches } from './metadata-batch.ts'

const READ_BYTES = 1 << 20

/** What the quorum says of itself in control records. Written again into every snapshot. */
export interface QuorumControls {
  /** Level of kraft.version. */
  readonly kraftVersion: number
  readonly voters: VotersRecord['voters']
  readonly records: readonly ControlRecord[]
}

const NO_CONTROLS: QuorumControls = { kraftVersion: 0, voters: [], records: [] }

/** A snapshot that was read, or the nothing that a log begins with. */
export interface LoadedSnapshot {
  readonly id: SnapshotId
  readonly image: MetadataImage
  readonly controls: QuorumControls
  readonly lastTimestampMs: number
}

export interface LoadedTail {
  readonly image: MetadataImage
  readonly controls: QuorumControls
  readonly lastTimestampMs: number
  readonly sizeBytes: number
  /** A transaction (KIP-868) was begun and not ended: its records are not in the image. */
  readonly hasOpenTransaction: boolean
}

/** The newest snapshot that is whole. Older ones stand in for a damaged one: the log still has what lies between. */
export async function loadSnapshot({ files, logger }: Env, directory: string): Promise<LoadedSnapshot> {
  const ids = (await files.list(directory)).map(({ name }) => ({ name, id: parseCheckpointName(name) }))
  const newestFirst = ids.filter(isSnapshot).sort((a, b) => (a.name < b.name ? 1 : -1))
  for (const { name, id } of newestFirst) {
    const path = `${directory}/${name}`
    const contents = refusingNewer(path, readCheckpointOf(await files.readFile(path)))
    if (contents === null) {
      logger.warn('a snapshot of the metadata is damaged and is not used', { path })
      continue
    }
    const builder = new ImageBuilder(EMPTY_IMAGE)
    for (const record of contents.records) builder.apply(record)
    builder.moveTo(id.endOffset - 1, id.epoch)
    const controls = contents.controls.reduce(withControl, NO_CONTROLS)
    return { id, image: builder.build().image, controls, lastTimestampMs: contents.lastTimestampMs }
  }
  return { id: { endOffset: 0, epoch: 0 }, image: EMPTY_IMAGE, controls: NO_CONTROLS, lastTimestampMs: -1 }
}

const SEGMENT = /^(\d{20})\.log$/

/**
 * Where the log begins: at the older of the two newest snapshots, since log and older snapshot stand in for a newer one that is damaged;
 * where there is no older one, at its first segment.
 */
export async function logBegin({ files }: Env, directory: string, snapshotEnd: number): Promise<number> {
  const names = (await files.list(directory)).map(({ name }) => name).sort()
  const snapshots = names.map(parseCheckpointName).filter((id) => id !== undefined)
  const older = snapshots.at(-2)?.endOffset
  const firstSegment = names.map((name) => SEGMENT.exec(name)?.[1]).find((base) => base !== undefined)
  return Math.min(snapshotEnd, older ?? Number(firstSegment ?? snapshotEnd))
}

function isSnapshot(entry: { name: string; id: SnapshotId | undefined }): entry is { name: string; id: SnapshotId } {
  return entry.id !== undefined
}

function readCheckpointOf(bytes: Buffer) {
  return () => readCheckpoint(bytes)
}

/** Applies what the log has behind the snapshot. */
export async function loadTail(log: PartitionLog, snapshot: LoadedSnapshot): Promise<LoadedTail> {
  const { endOffset } = snapshot.id
  if (log.logStartOffset > endOffset) {
    const message = `${log.path}: records from ${endOffset} to ${log.logStartOffset} are missing between snapshot and log`
    throw new MetadataError('CORRUPT', message)
  }
  const fold = new TailFold(snapshot)
  for (let offset = endOffset; offset < log.logEndOffset; ) {
    const read = await log.read(offset, { maxBytes: READ_BYTES, upTo: log.logEndOffset, minOneBatch: true })
    if (read.kind !== 'records') throw new MetadataError('CORRUPT', `${log.path} cannot be read at offset ${offset}`)
    if (read.sizeBytes === 0) {
      // The name of a new segment reached the disk before the end of the one before it: that end was never committed.
      await log.truncateTo(offset)
      break
    }
    if (read.firstOffset > offset) {
      const message = `${log.path}: records from ${offset} to ${read.firstOffset} are missing`
      throw new MetadataError('CORRUPT', message)
    }
    const bytes = read.buffers.length === 1 ? read.buffers[0]! : Buffer.concat(read.buffers)
    refusingNewer(log.path, () => fold.apply(bytes, offset))
    offset = read.nextOffset
    read.release()
  }
  return fold.result()
}

/** Folds batches; records of a transaction count when it ends. */
class TailFold {
  readonly #builder: ImageBuilder
  #transaction: MetadataRecord[] | undefined
  #controls: QuorumControls
  #lastTimestampMs: number
  #sizeBytes = 0

  constructor(snapshot: LoadedSnapshot) {
    this.#builder = new ImageBuilder(snapshot.image)
    this.#controls = snapshot.controls
    this.#lastTimestampMs = snapshot.lastTimestampMs
  }

  /** The first batch may begin below `from`: what lies below is in the image already. */
  apply(bytes: Buffer, from: number): void {
    this.#sizeBytes += bytes.length
    for (const batch of readMetadataBatches(bytes)) {
      batch.records.forEach((record, index) => {
        if (batch.baseOffset + index >= from) this.#applyRecord(record)
      })
      this.#controls = batch.controls.reduce(withControl, this.#controls)
      this.#moveTo(batch)
    }
  }

  result(): LoadedTail {
    return {
      image: this.#builder.build().image,
      controls: this.#controls,
      lastTimestampMs: this.#lastTimestampMs,
      sizeBytes: this.#sizeBytes,
      hasOpenTransaction: this.#transaction !== undefined,
    }
  }

  #moveTo({ lastOffset, epoch, timestampMs }: ReadBatch): void {
    this.#builder.moveTo(lastOffset, epoch)
    this.#lastTimestampMs = Math.max(this.#lastTimestampMs, timestampMs)
  }

  #applyRecord(record: MetadataRecord): void {
    if (record.kind === 'BeginTransactionRecord') this.#transaction = []
    else if (record.kind === 'AbortTransactionRecord') this.#transaction = undefined
    else if (record.kind === 'EndTransactionRecord') {
      for (const held of this.#transaction ?? []) this.#builder.apply(held)
      this.#transaction = undefined
    } else if (this.#transaction !== undefined) this.#transaction.push(record)
    else this.#builder.apply(record)
  }
}

function withControl(controls: QuorumControls, { type, value }: ControlRecord): QuorumControls {
  const records = [...controls.records.filter((other) => other.type !== type), { type, value }]
  if (type === ControlRecordType.kraftVersion) {
    return { ...controls, records, kraftVersion: decodeMessage(KRaftVersionRecord, 0, value).kRaftVersion }
  }
  if (type === ControlRecordType.kraftVoters) {
    return { ...controls, records, voters: decodeMessage(VotersRecord, 0, value).voters }
  }
  return controls
}

function refusingNewer<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const code = error.code === 'UNSUPPORTED_VERSION' ? 'NEWER_RELEASE' : 'CORRUPT'
    throw new MetadataError(code, `${path}: ${error.message}`, error)
  }
}

/** Refuses what this node cannot carry on: a level it does not know, a quorum with other voters. */
export function checkLoaded(path: string, nodeId: number, { image, controls }: LoadedTail): void {
  const level = image.features.metadataVersion
  if (level < METADATA_VERSION_MIN || level > METADATA_VERSION_LATEST) {
    const range = `${metadataVersionName(METADATA_VERSION_MIN)} to ${metadataVersionName(METADATA_VERSION_LATEST)}`
    throw new MetadataError('NEWER_RELEASE', `${path}: metadata.version is ${level}, this release works with ${range}`)
  }
  const others = controls.voters.filter(({ voterId }) => voterId !== nodeId)
  if (others.length > 0) {
    const ids = controls.voters.map(({ voterId }) => voterId).join(', ')
    const message = `${path} belongs to a quorum of the nodes ${ids}; a quorum of several nodes is not there yet`
    throw new MetadataError('OTHER_VOTERS', message)
  }
}
