/**
 * Keeps leader-epoch-checkpoint as the log's epochs are. Written in the background, the newest state only. The file is
 * derived from the log: it is synced with the log's data, and a damaged one is rebuilt.
 */
import type { FileSystem } from '@ottla/env'
import { EPOCH_CHECKPOINT, formatEpochCheckpoint } from './epoch-checkpoint.ts'
import type { LeaderEpochs } from './leader-epochs.ts'

export interface EpochFileOptions {
  readonly files: FileSystem
  readonly folder: string
  readonly epochs: LeaderEpochs
  /** The file is there with its newest content, not synced. */
  readonly written: (path: string) => void
  readonly failed: (error: unknown) => void
}

export class EpochFile {
  readonly #options: EpochFileOptions
  #isChanged = false
  #isStopped = false
  #running: Promise<void> | null = null

  constructor(options: EpochFileOptions) {
    this.#options = options
  }

  /** The epochs are not what the file says. */
  changed(): void {
    this.#isChanged = true
    this.#start()
  }

  /** The file is as the epochs were when this was called, or has failed. */
  async idle(): Promise<void> {
    // What failed is tried again.
    this.#start()
    await this.#ended()
  }

  /** Writes nothing more; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#ended()
  }

  #start(): void {
    if (this.#isChanged && !this.#isStopped) this.#running ??= this.#write()
  }

  async #ended(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  async #write(): Promise<void> {
    const { files, folder, epochs, written, failed } = this.#options
    const path = `${folder}/${EPOCH_CHECKPOINT}`
    try {
      while (this.#isChanged && !this.#isStopped) {
        this.#isChanged = false
        await files.writeFile(`${path}.tmp`, formatEpochCheckpoint(epochs.entries))
        await files.rename(`${path}.tmp`, path)
      }
      this.#running = null
      written(path)
    } catch (error) {
      this.#isChanged = true
      this.#running = null
      failed(error)
    }
  }
}
