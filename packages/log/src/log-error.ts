/** Why a log, or a data folder, cannot be used. */

export type LogErrorCode =
  /** An operation of the file system failed in a way after which the file's contents are not known (EIO, a failed sync, a failed cut). The log stays offline. */
  | 'OFFLINE'
  /** A write failed and was taken back (disk full, …); later ones may succeed. */
  | 'WRITE_FAILED'
  /** Damage where there was committed data. The partition is quarantined: its files are not touched. */
  | 'CORRUPT'
  /** The log was closed, deleted or truncated meanwhile. */
  | 'CLOSED'
  /** A data folder that belongs to something else: other cluster, other node, locked by another process, unreadable identity. */
  | 'WRONG_FOLDER'

export class LogError extends Error {
  override readonly name = 'LogError'
  readonly code: LogErrorCode
  /** A later attempt may succeed without anybody's help. */
  readonly retriable: boolean

  constructor(code: LogErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retriable = code === 'WRITE_FAILED'
  }
}
