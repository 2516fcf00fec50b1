/**
 * The journal of one data folder: what many logs have to make durable goes into one file with one write and one sync. At most one
 * flush is in flight; what comes meanwhile is the next. No timer.
 *
 * The logs' own files are written as ever, and synced later: when a file of the journal is full. What is durable is in the
 * journal or in its own file at every moment; a crash is followed by {@link replayJournal}.
 */
import type { Env } from '@ottla/env'
import { assert, type RecentHistogram } from '@ottla/stdx'
import { isPassing, offlineError } from '../io-error.ts'
import { LogError } from '../log-error.ts'
import type { WritePace } from '../write/write-pace.ts'
import type { FolderJournal, JournalClient, JournalPiece } from './journal-client.ts'
import { emptyJournalFile } from './journal-files.ts'
import {
  encodeJournalHeader,
  JOURNAL_OVERHEAD_BYTES,
  type JournalHeader,
  type JournalIdentity,
  journalKey,
} from './journal-format.ts'
import { JournalRing } from './journal-ring.ts'
import type { JournalSegment } from './journal-segment.ts'
import { chooseSyncWay, roundsBeforeJournal } from './sync-way.ts'

export interface JournalCounters {
  /** Syncs of journals, the bytes that went there, and the pieces of logs. */
  journalFlushes: number
  journalBytes: number
  journalPieces: number
  /** Pieces that found no room and went to their own file. */
  journalFallbacks: number
}

export interface JournalOptions {
  readonly env: Env
  readonly folder: string
  readonly segmentBytes: number
  readonly segmentsMax: number
  readonly counters: JournalCounters
  /** Microseconds of each flush, beside those of the logs' own syncs. */
  readonly syncTimes: RecentHistogram
  readonly pace: WritePace
  /** The disk failed. */
  readonly onFailed: (error: LogError) => void
}

interface Forgetting {
  readonly identity: JournalIdentity
  readonly segmentBase: number
  readonly resolve: () => void
  readonly reject: (error: LogError) => void
}

/** What goes out together. */
interface Flush {
  readonly segment: JournalSegment
  readonly buffers: Buffer[]
  bytes: number
  readonly pieces: { readonly client: JournalClient; readonly piece: JournalPiece }[]
  readonly voids: Forgetting[]
}

/** The kernel takes 1024 buffers at once. */
const BUFFERS_MAX = 1000
const FLUSH_BYTES_MAX = 4 << 20
const MICROS_PER_MS = 1000
/** After a write that the file did not take. */
const PAUSE_MS = 1000
/** So much of a file must be there for a piece. */
const PIECES_PER_SEGMENT_MIN = 4

export class Journal implements FolderJournal {
  readonly #options: JournalOptions
  readonly #ring: JournalRing
  #clients: JournalClient[] = []
  #voids: Forgetting[] = []
  #sequence = 0
  #isScheduled = false
  #isFlushing = false
  #isPaused = false
  #failure: LogError | null = null
  #isClosed = false
  /** Rounds to go before the journal is made. */
  #roundsLeft: number
  #idleWaiters: (() => void)[] = []

  constructor(options: JournalOptions) {
    this.#options = options
    this.#roundsLeft = roundsBeforeJournal(options.segmentBytes)
    this.#ring = new JournalRing({
      env: options.env,
      folder: options.folder,
      segmentBytes: options.segmentBytes,
      segmentsMax: options.segmentsMax,
      made: () => this.#schedule(),
      failed: (error) => this.#fail(offlineError(`making the journal of ${options.folder}`, error)),
    })
  }

  get segmentCount(): number {
    return this.#ring.count
  }

  get segmentsInUse(): number {
    return this.#ring.inUse
  }

  get isOpen(): boolean {
    return this.#ring.count > 0 && !this.#isEnded
  }

  get #isEnded(): boolean {
    return this.#isClosed || this.#failure !== null
  }

  takes(bytes: number): boolean {
    if (this.#isEnded) return false
    const recordBytesMax = Math.floor(this.#options.segmentBytes / PIECES_PER_SEGMENT_MIN) - JOURNAL_OVERHEAD_BYTES
    if (chooseSyncWay({ bytes, recordBytesMax }) === 'file') return false
    return this.#ring.count > 0 && !this.#isPaused
  }

  missed(): void {
    if (!this.#isEnded && --this.#roundsLeft < 0) this.#ring.make()
  }

  add(client: JournalClient): void {
    this.#clients.push(client)
    this.#schedule()
  }

  holds(key: string): boolean {
    return this.#ring.holds(key)
  }

  fileSynced(key: string, end: number): void {
    for (const segment of this.#ring.segments) segment.fileSynced(key, end)
    if (this.#voids.length > 0) this.#schedule()
  }

  forget(identity: JournalIdentity, segmentBase: number): Promise<void> {
    const key = journalKey(identity)
    if (this.#failure !== null) return Promise.reject(this.#failure)
    if (!this.holds(key) || this.#isClosed) return Promise.resolve()
    // Nobody waits for its files: they are synced, or go.
    if (segmentBase === Number.POSITIVE_INFINITY) for (const segment of this.#ring.segments) segment.unpin(key)
    return new Promise((resolve, reject) => {
      this.#voids.push({ identity, segmentBase, resolve, reject })
      this.#schedule()
    })
  }

  /** Every log is synced: nothing is to be written again after this. Nobody uses the journal any more. */
  async empty(): Promise<void> {
    await this.#idle()
    if (this.#failure !== null) return
    for (const segment of this.#ring.segments) if (segment.isUsed) await emptyJournalFile(segment.handle)
  }

  /** Lets the files go; what they hold stays. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#idle()
    this.#ring.close()
    this.#refuseAll()
  }

  /** The folder is offline. */
  stop(error: LogError): void {
    this.#failure ??= error
    this.#refuseAll()
  }

  async #idle(): Promise<void> {
    while (this.#isFlushing) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isFlushing || this.#isPaused || this.#isEnded) return
    this.#isScheduled = true
    this.#options.env.timers.defer(() => {
      this.#isScheduled = false
      if (!this.#isFlushing && !this.#isPaused && !this.#isEnded) this.#flush()
    })
  }

  #flush(): void {
    const flush = this.#collect()
    if (flush === null) return
    this.#isFlushing = true
    this.#run(flush).then(
      () => this.#flushed(flush),
      (error: unknown) => this.#broke(flush, error),
    )
  }

  /** Whatever fits; null when there is nothing to write, or no room. */
  #collect(): Flush | null {
    let flush: Flush | null = null
    while (this.#voids.length > 0) {
      flush = this.#flushWithRoom(flush, 0)
      if (flush === null) break
      const forgetting = this.#voids[0]!
      if (flush.segment.roomBytes - flush.bytes < JOURNAL_OVERHEAD_BYTES) return flush
      this.#voids.shift()
      flush.voids.push(forgetting)
      this.#put(flush, voidHeader(forgetting), [])
    }
    const clients = this.#clients
    this.#clients = []
    for (let i = 0; i < clients.length; i++) {
      const client = clients[i]!
      const piece = client.takePiece()
      if (piece === null) continue
      const target = this.#flushWithRoom(flush, piece.bytes)
      if (target === null) {
        piece.release()
        // What was collected goes out first; then there may be another segment.
        if (flush !== null) {
          this.#clients = [...clients.slice(i), ...this.#clients]
          return flush
        }
        this.#options.counters.journalFallbacks++
        client.refused()
        continue
      }
      flush = target
      target.pieces.push({ client, piece })
      this.#put(target, pieceHeader(client, piece), piece.buffers)
      target.segment.note(client, piece.nextOffset)
      if (target.buffers.length > BUFFERS_MAX || target.bytes > FLUSH_BYTES_MAX) {
        this.#clients = [...clients.slice(i + 1), ...this.#clients]
        return target
      }
    }
    return flush
  }

  /** The flush, or a new one, if a record of so many bytes fits into its segment. */
  #flushWithRoom(flush: Flush | null, bytes: number): Flush | null {
    const needed = bytes + JOURNAL_OVERHEAD_BYTES
    if (flush !== null) return flush.segment.roomBytes - flush.bytes >= needed ? flush : null
    let segment = this.#ring.current
    if (segment === null || segment.roomBytes < needed) segment = this.#ring.turn()
    return segment === null ? null : { segment, buffers: [], bytes: 0, pieces: [], voids: [] }
  }

  #put(flush: Flush, header: JournalHeader, bytes: readonly Buffer[]): void {
    const place = { generation: flush.segment.generation, sequence: this.#sequence++ }
    const head = encodeJournalHeader(header, place, bytes)
    flush.buffers.push(head, ...bytes)
    flush.bytes += head.length
    for (const { length } of bytes) flush.bytes += length
  }

  async #run({ segment, buffers, bytes }: Flush): Promise<void> {
    const { env, pace, syncTimes } = this.#options
    const { handle, position } = segment
    assert(bytes <= segment.roomBytes, 'a flush fits into its segment')
    let written = 0
    const startMs = env.clock.monotonic()
    if (buffers.length <= BUFFERS_MAX && pace.maySync(bytes, startMs)) {
      written = handle.writevSync(buffers, position)
      pace.noteSync(startMs, env.clock.monotonic())
    } else written = await handle.writev(buffers, position)
    if (written !== bytes) throw new LogError('WRITE_FAILED', `${handle.path}: ${written} of ${bytes} bytes were taken`)
    segment.position += bytes
    await handle.dataSync().catch((error: unknown) => {
      throw offlineError(`syncing ${handle.path}`, error)
    })
    syncTimes.record((env.clock.monotonic() - startMs) * MICROS_PER_MS)
  }

  #flushed({ bytes, pieces, voids }: Flush): void {
    const { counters } = this.#options
    counters.journalFlushes++
    counters.journalBytes += bytes
    counters.journalPieces += pieces.length
    this.#ended(pieces)
    for (const { client, piece } of pieces) {
      if (this.#failure === null) client.journaled(piece)
      else client.failed(this.#failure)
    }
    for (const { resolve } of voids) resolve()
  }

  /** A failed sync is never repeated. A file that takes no more, without having failed, is left for a while. */
  #broke(flush: Flush, error: unknown): void {
    const { pieces, voids, segment } = flush
    const { env, folder, counters } = this.#options
    const isRefused = error instanceof LogError ? error.code === 'WRITE_FAILED' : isPassing(error)
    // What a part of the write may have left is not written over by what comes now.
    segment.position = segment.sizeBytes
    this.#voids = [...voids, ...this.#voids]
    this.#isPaused = isRefused
    this.#ended(pieces)
    if (!isRefused) {
      this.#fail(offlineError(`writing the journal of ${folder}`, error))
      for (const { client } of pieces) client.failed(this.#failure!)
      return
    }
    env.logger.warn('The journal takes no more for now; logs are synced one by one', { folder, error: String(error) })
    const clients = [...pieces.map(({ client }) => client), ...this.#clients.splice(0)]
    counters.journalFallbacks += clients.length
    for (const client of clients) client.refused()
    env.timers.after(PAUSE_MS, () => {
      this.#isPaused = false
      this.#schedule()
    })
  }

  #ended(pieces: Flush['pieces']): void {
    for (const { piece } of pieces) piece.release()
    this.#isFlushing = false
    const waiters = this.#idleWaiters
    this.#idleWaiters = []
    for (const wake of waiters) wake()
    if (this.#clients.length > 0 || this.#voids.length > 0) this.#schedule()
  }

  #fail(error: LogError): void {
    if (this.#failure !== null) return
    this.#failure = error
    this.#options.onFailed(error)
    this.#refuseAll()
  }

  #refuseAll(): void {
    const clients = this.#clients
    const voids = this.#voids
    this.#clients = []
    this.#voids = []
    for (const client of clients) {
      if (this.#failure !== null) client.failed(this.#failure)
      else client.refused()
    }
    for (const { reject } of voids) reject(this.#failure ?? new LogError('CLOSED', 'the journal is closed'))
  }
}

function pieceHeader(client: JournalClient, { segmentBase, position, nextOffset }: JournalPiece): JournalHeader {
  return { kind: 'piece', ...client.identity, segmentBase, position, nextOffset }
}

function voidHeader({ identity, segmentBase }: Forgetting): JournalHeader {
  return { kind: 'void', ...identity, segmentBase, position: 0, nextOffset: 0 }
}
