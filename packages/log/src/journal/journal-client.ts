/** What a journal and the logs that use it say to each other. */
import type { LogError } from '../log-error.ts'
import type { JournalIdentity } from './journal-format.ts'

/** Batches of one segment, in a row, that are in its file and not durable. */
export interface JournalPiece {
  readonly segmentBase: number
  readonly position: number
  readonly nextOffset: number
  readonly buffers: readonly Buffer[]
  readonly bytes: number
  /** The buffers are not needed any more. Called once. */
  release(): void
}

export interface JournalClient {
  readonly identity: JournalIdentity
  /** Of the identity. */
  readonly key: string
  /** What is to go into the journal now; null when there is nothing any more. */
  takePiece(): JournalPiece | null
  /** The piece survives a loss of power. */
  journaled(piece: JournalPiece): void
  /** Nothing was taken: the log syncs its own files. */
  refused(): void
  /** The journal's disk failed. */
  failed(error: LogError): void
  /** The room that the log's records take in the journal is wanted: its files shall be synced. */
  syncFiles(): void
}

/** What a log sees of its folder's journal. */
export interface FolderJournal {
  /** Whether a piece of so many bytes shall go here. */
  takes(bytes: number): boolean
  /** There is a file: it is worth holding what was written for it. */
  readonly isOpen: boolean
  /** While there is no file: a log synced its own, for who would have used the journal. */
  missed(): void
  /** The client is asked for its piece when the turn ends, or when the flush under way has ended. */
  add(client: JournalClient): void
  holds(key: string): boolean
  /** All of the log below `end` is in its own file. */
  fileSynced(key: string, end: number): void
  /**
   * What the journal holds of the log in segments that begin below `segmentBase` does not count any more, after a crash
   * either, when it resolves. Their bytes are in the files, or are not wanted. Rejects with {@link LogError}.
   */
  forget(identity: JournalIdentity, segmentBase: number): Promise<void>
}
