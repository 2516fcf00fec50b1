/**
 * Which way acknowledged bytes become durable: by the journal of the folder, or by a sync of the log's own file.
 *
 * To sync a file that grew is a commit of the file system's own journal; to sync blocks that exist is their data alone. So a
 * piece of the journal is quick, and shares its sync with those of other logs; but its bytes are written twice. Large pieces
 * are quick either way, and go to their file only.
 */
export interface SyncRound {
  /** What one log has to make durable. */
  readonly bytes: number
  /** A record of the journal takes no more. */
  readonly recordBytesMax: number
}

/** Above this the second writing costs more than the commit that it spares. */
export const PIECE_BYTES_MAX = 64 << 10

export function chooseSyncWay({ bytes, recordBytesMax }: SyncRound): 'journal' | 'file' {
  return bytes <= Math.min(PIECE_BYTES_MAX, recordBytesMax) ? 'journal' : 'file'
}

/** A journal is made when it is worth its room: after this many rounds that would have used it. */
export function roundsBeforeJournal(segmentBytes: number): number {
  return segmentBytes >> 17
}
