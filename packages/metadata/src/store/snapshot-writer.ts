/**
 * Takes snapshots of the metadata: when enough was written since the last one, or long enough ago. Two are kept; what the
 * older one covers is dropped from the log.
 */
import type { Env, FileHandle } from '@ottla/env'
import type { PartitionLog } from '@ottla/log'
import { imageRecords } from '../image/image-records.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import { checkpointBatches, checkpointName, parseCheckpointName, type SnapshotId } from './checkpoint-file.ts'
import type { ControlRecord } from './metadata-batch.ts'

export interface SnapshotWriterOptions {
  readonly env: Env
  readonly log: PartitionLog
  /** Bytes of records after which a snapshot is taken. */
  readonly everyBytes: number
  /** Time after which one is taken when there is anything new; 0: never for that reason. */
  readonly everyMs: number
  /** What the quorum says of itself. */
  readonly controls: readonly ControlRecord[]
  /** Bytes of the log behind the newest snapshot. */
  readonly unsnapshottedBytes: number
}

const KEPT = 2
const PART_SUFFIX = '.part'

export class SnapshotWriter {
  readonly #options: SnapshotWriterOptions
  #bytes: number
  #lastTakenMs: number
  #running: Promise<void> | undefined
  #wantsRoll = false

  constructor(options: SnapshotWriterOptions) {
    this.#options = options
    this.#bytes = options.unsnapshottedBytes
    this.#lastTakenMs = options.env.clock.monotonic()
  }

  /** Told of each append. */
  countBytes(sizeBytes: number): void {
    this.#bytes += sizeBytes
  }

  /** Told of each committed image, with the time of its newest record; starts a snapshot when it is time. */
  noteImage(image: MetadataImage, lastTimestampMs: number): void {
    this.#rollWhenSynced()
    const { everyBytes, everyMs, env } = this.#options
    const isOld = everyMs > 0 && env.clock.monotonic() - this.#lastTakenMs >= everyMs
    if (this.#running !== undefined || (this.#bytes < everyBytes && !isOld)) return
    this.#bytes = 0
    this.#lastTakenMs = env.clock.monotonic()
    this.#running = this.#take(image, lastTimestampMs).finally(() => {
      this.#running = undefined
    })
  }

  /** Resolves when no snapshot is being written. */
  async idle(): Promise<void> {
    await this.#running
  }

  /** A failure leaves things as they are: the log has everything, and the next snapshot is a new chance. */
  async #take(image: MetadataImage, lastTimestampMs: number): Promise<void> {
    const { log, env } = this.#options
    const id = { endOffset: image.offset + 1, epoch: image.epoch }
    try {
      await this.#write(id, image, lastTimestampMs)
      await this.#dropOld()
    } catch (error) {
      env.logger.warn('a snapshot of the metadata could not be written', { path: log.path, ...id, error })
      await env.files.unlink(`${log.path}/${checkpointName(id)}${PART_SUFFIX}`).catch(() => {})
    }
  }

  async #write(id: SnapshotId, image: MetadataImage, lastTimestampMs: number): Promise<void> {
    const { log, env, controls } = this.#options
    const path = `${log.path}/${checkpointName(id)}`
    const options = { nowMs: env.clock.now(), lastTimestampMs, epoch: id.epoch, controls }
    const file = env.files.openSync(path + PART_SUFFIX, 'create')
    try {
      file.truncateSync(0)
      let position = 0
      for (const batch of checkpointBatches(imageRecords(image), options))
        position = await writeAll(file, batch, position)
      await file.dataSync()
    } finally {
      file.closeSync()
    }
    await env.files.rename(path + PART_SUFFIX, path)
    await env.files.syncDirectory(log.path)
  }

  async #dropOld(): Promise<void> {
    const { log, env } = this.#options
    const names = (await env.files.list(log.path)).map(({ name }) => name)
    const newestFirst = names
      .filter((name) => parseCheckpointName(name) !== undefined)
      .sort()
      .reverse()
    const oldest = parseCheckpointName(newestFirst[KEPT - 1] ?? '')
    if (oldest === undefined) return
    for (const name of newestFirst.slice(KEPT)) await env.files.unlink(`${log.path}/${name}`)
    log.deleteRecordsBefore(oldest.endOffset)
    this.#wantsRoll = true
  }

  /**
   * Only whole segments can be dropped, so a new one begins at each snapshot; but not before all of the old one is
   * synced: a loss of power could take its end and leave the name of the new one.
   */
  #rollWhenSynced(): void {
    const { log } = this.#options
    if (!this.#wantsRoll || log.syncedEnd < log.logEndOffset) return
    this.#wantsRoll = false
    log.roll()
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<number> {
  let done = 0
  while (done < bytes.length) done += await file.writev([bytes.subarray(done)], position + done)
  return position + bytes.length
}
