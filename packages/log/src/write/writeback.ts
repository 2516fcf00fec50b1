/**
 * Keeps dirty pages few in every durability profile: a log that has written so much since its last sync is synced in the
 * background, and so is the one dirty for the longest when all of them together have too much. Then the kernel never
 * stops a writer for long to clean up behind it.
 */
import { assert } from '@ottla/stdx'

/** A log with bytes written and not synced. */
export interface WritebackClient {
  /** A sync of what is written, nobody waits for it. */
  startWriteback(): void
}

export interface WritebackOptions {
  /** Unsynced bytes of one log that start a sync. */
  readonly perLogBytes: number
  /** Unsynced bytes of all logs together. */
  readonly totalBytes: number
}

export class Writeback {
  readonly #options: WritebackOptions
  /** Unsynced bytes by log, dirty for the longest first. */
  readonly #unsynced = new Map<WritebackClient, { bytes: number; isStarted: boolean }>()
  #totalBytes = 0
  /** Bytes of logs whose sync was started. */
  #startedBytes = 0

  constructor(options: WritebackOptions) {
    this.#options = options
  }

  /** Bytes that no sync has covered. */
  get unsyncedBytes(): number {
    return this.#totalBytes
  }

  noteWritten(client: WritebackClient, bytes: number): void {
    this.#totalBytes += bytes
    const state = this.#unsynced.get(client)
    if (state === undefined) this.#unsynced.set(client, { bytes, isStarted: false })
    else {
      state.bytes += bytes
      if (state.isStarted) this.#startedBytes += bytes
    }
    if ((state?.bytes ?? bytes) >= this.#options.perLogBytes) this.#start(client)
    if (this.#totalBytes - this.#startedBytes > this.#options.totalBytes) this.#startOldest()
  }

  /** A sync has covered all but `remainingBytes` of the log. */
  noteSynced(client: WritebackClient, remainingBytes: number): void {
    const state = this.#unsynced.get(client)
    if (state === undefined) return
    this.#totalBytes -= state.bytes
    if (state.isStarted) this.#startedBytes -= state.bytes
    this.#unsynced.delete(client)
    if (remainingBytes > 0) this.noteWritten(client, remainingBytes)
    assert(this.#totalBytes >= 0 && this.#startedBytes >= 0, 'unsynced bytes are counted once')
  }

  #start(client: WritebackClient): void {
    const state = this.#unsynced.get(client)!
    if (state.isStarted) return
    state.isStarted = true
    this.#startedBytes += state.bytes
    client.startWriteback()
  }

  #startOldest(): void {
    for (const [client, state] of this.#unsynced) {
      if (state.isStarted) continue
      this.#start(client)
      if (this.#totalBytes - this.#startedBytes <= this.#options.totalBytes) return
    }
  }
}
