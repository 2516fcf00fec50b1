/**
 * The files of a journal, used in turn: the one that was begun first is next, once nothing in it is needed. They are made when
 * they are first needed, in the background, and stay.
 */
import type { Env } from '@ottla/env'
import { isPassing } from '../io-error.ts'
import { journalPath, makeJournalFile } from './journal-files.ts'
import { GENERATION_BYTES } from './journal-format.ts'
import { JournalSegment } from './journal-segment.ts'

export interface JournalRingOptions {
  readonly env: Env
  readonly folder: string
  readonly segmentBytes: number
  readonly segmentsMax: number
  /** There is another segment. */
  readonly made: () => void
  readonly failed: (error: unknown) => void
}

/** After a disk had no room for another file. */
const RETRY_MS = 60_000

export class JournalRing {
  readonly #options: JournalRingOptions
  /** Begun first, first; those that were never begun at the front. */
  #segments: JournalSegment[] = []
  #current: JournalSegment | null = null
  #isMaking = false
  #retryAtMs = Number.NEGATIVE_INFINITY
  #isClosed = false

  constructor(options: JournalRingOptions) {
    this.#options = options
  }

  get current(): JournalSegment | null {
    return this.#current
  }

  get count(): number {
    return this.#segments.length
  }

  get segments(): readonly JournalSegment[] {
    return this.#segments
  }

  /** Segments whose records are needed after a crash. */
  get inUse(): number {
    return this.#segments.filter((segment) => !segment.isFree).length
  }

  holds(key: string): boolean {
    return this.#segments.some((segment) => segment.has(key))
  }

  /**
   * Ends the current segment, whose logs are told to sync their files, and begins the next; null when none is free. One more is
   * made then, if there may be.
   */
  turn(): JournalSegment | null {
    if (this.#current !== null) {
      const full = this.#current
      this.#current = null
      for (const client of full.pinned()) client.syncFiles()
    }
    const next = this.#segments[0]
    if (next === undefined || !next.isFree) {
      this.make()
      return null
    }
    next.begin(this.#options.env.random.bytes(GENERATION_BYTES))
    this.#segments = [...this.#segments.slice(1), next]
    this.#current = next
    // The one after it should be there when this one is full.
    if (this.#segments.length < 2 || this.#segments[0]!.isFree === false) this.make()
    return next
  }

  /** Another segment, in the background, if there may be one. */
  make(): void {
    const { env, segmentsMax } = this.#options
    if (this.#isMaking || this.#isClosed || this.#segments.length >= segmentsMax) return
    if (env.clock.monotonic() < this.#retryAtMs) return
    this.#isMaking = true
    void this.#make()
  }

  close(): void {
    this.#isClosed = true
    for (const { handle } of this.#segments) handle.closeSync()
    this.#segments = []
    this.#current = null
  }

  async #make(): Promise<void> {
    const { env, folder, segmentBytes, made, failed } = this.#options
    const path = journalPath(folder, this.#segments.length)
    try {
      const handle = await makeJournalFile(env.files, path, segmentBytes)
      if (this.#isClosed) handle.closeSync()
      // One without room for its bytes is none: a file of a network that takes less than it is given.
      else if (handle.sizeSync() === segmentBytes) this.#segments.unshift(new JournalSegment(handle, segmentBytes))
      else handle.closeSync()
      this.#isMaking = false
      if (!this.#isClosed) made()
    } catch (error) {
      this.#isMaking = false
      if (!isPassing(error)) return failed(error)
      this.#retryAtMs = env.clock.monotonic() + RETRY_MS
      env.logger.warn('A file of the journal could not be made; logs are synced one by one', {
        path,
        error: String(error),
      })
      env.files.unlink(path).catch(() => {})
    }
  }
}
