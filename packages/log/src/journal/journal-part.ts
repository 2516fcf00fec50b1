/**
 * One log's part in the journal of its folder: holds what was written since the last sync while somebody waits for it, hands it over as a
 * piece when the journal asks, and says what of it is durable. Only what follows the synced end goes there, and only while all names
 * and cuts of the log are durable; for the rest its own files are synced.
 */
import type { LogError } from '../log-error.ts'
import type { TopicPartition } from '../types.ts'
import { type HeldWrite, HeldWrites } from '../write/held-writes.ts'
import type { FolderJournal, JournalClient, JournalPiece } from './journal-client.ts'
import { type JournalIdentity, journalKey } from './journal-format.ts'

/** A log's place in its folder's journal. */
export interface JournalSeat {
  readonly of: FolderJournal
  readonly identity: JournalIdentity
}

/** What the part needs to know of its log, and tells it. */
export interface JournaledLog {
  readonly syncedEnd: number
  /** Changes whenever the log was cut. */
  readonly generation: number
  /** All below `end` survives a loss of power, in the journal as long as the files are not synced. */
  journaled(end: number): void
  failed(error: LogError): void
}

/** What the part needs to know of the syncs of the log's own files. */
export interface FileSyncs {
  /** A cut, a name or a file beside the segments is not durable. */
  readonly isBehind: boolean
  /** All that is written shall be synced in the log's own files. */
  syncFiles(): void
  /** The journal has done what it was asked for, or cannot: what is wanted now goes on, one way or the other. */
  proceed(): void
}

export class JournalPart implements JournalClient {
  readonly identity: JournalIdentity
  readonly key: string
  readonly #journal: FolderJournal
  readonly #log: JournaledLog
  readonly #syncs: FileSyncs
  readonly #held = new HeldWrites()
  /** The journal was told, or has a piece. */
  #isUnderWay = false
  /** What the piece in the journal's hands was cut from. */
  #generation = 0
  #isStopped = false
  #waiters: (() => void)[] = []

  constructor(seat: JournalSeat, log: JournaledLog, syncs: FileSyncs) {
    this.identity = seat.identity
    this.key = journalKey(seat.identity)
    this.#journal = seat.of
    this.#log = log
    this.#syncs = syncs
  }

  /** The writes are in their file, and somebody waits for them. The caller keeps his own counts. */
  hold(writes: readonly HeldWrite[]): void {
    if (this.#journal.isOpen && !this.#isStopped) this.#held.add(writes)
  }

  /** What is held goes into the journal, if it is not on its way already; false when that is not possible. */
  enter(): boolean {
    if (this.#isUnderWay) return true
    if (!this.#mayEnter()) return false
    this.#isUnderWay = true
    this.#journal.add(this)
    return true
  }

  takePiece(): JournalPiece | null {
    if (!this.#isStopped && this.#mayEnter()) {
      this.#generation = this.#log.generation
      return this.#held.take()
    }
    this.#leave()
    return null
  }

  journaled({ nextOffset }: JournalPiece): void {
    if (!this.#isStopped && this.#log.generation === this.#generation) this.#log.journaled(nextOffset)
    this.#leave()
  }

  refused(): void {
    // The piece is gone; what comes after it alone is of no use.
    this.#held.clear()
    this.#leave()
  }

  failed(error: LogError): void {
    this.#isUnderWay = false
    this.#log.failed(error)
    this.stop()
  }

  syncFiles(): void {
    this.#syncs.syncFiles()
  }

  /** A sync of the log's own files has covered all below `end`. */
  fileSynced(end: number): void {
    this.#held.dropBelow(this.#log.syncedEnd)
    this.#journal.fileSynced(this.key, end)
  }

  /** A sync of the log's own files took place that the journal would have spared. */
  missed(): void {
    if (!this.#journal.isOpen) this.#journal.missed()
  }

  /** Whether the journal holds anything of the log, once what is on its way there has arrived. */
  async isHeld(): Promise<boolean> {
    while (this.#isUnderWay && !this.#isStopped) await new Promise<void>((resolve) => this.#waiters.push(resolve))
    return this.#journal.holds(this.key)
  }

  /** See {@link FolderJournal.forget}. */
  forget(segmentBase: number): Promise<void> {
    return this.#journal.forget(this.identity, segmentBase)
  }

  /** The log ends elsewhere now. */
  dropHeld(): void {
    this.#held.clear()
  }

  /** Nothing enters any more; what is in the journal's hands is let go. */
  stop(): void {
    this.#isStopped = true
    this.#held.clear()
    this.#wake()
  }

  #mayEnter(): boolean {
    if (this.#syncs.isBehind) return false
    const { syncedEnd } = this.#log
    this.#held.dropBelow(syncedEnd)
    const next = this.#held.next(syncedEnd)
    // A file that a loss of power takes away is no place for a piece.
    if (next === null || !next.segment.isNamed || next.segment.isRemoved) return false
    return this.#journal.takes(next.bytes)
  }

  #leave(): void {
    this.#isUnderWay = false
    this.#wake()
    this.#syncs.proceed()
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}

/** A log has a place in its folder's journal once its topic has an id. */
export function seatOf(log: {
  readonly journal?: FolderJournal
  readonly topicId?: string
  readonly topicPartition: TopicPartition
}): JournalSeat | null {
  const { journal, topicId, topicPartition } = log
  return journal === undefined || topicId === undefined
    ? null
    : { of: journal, identity: { topicId, ...topicPartition } }
}
