/** Why the metadata of a folder cannot be used. */

export type MetadataErrorCode =
  /** Damage where there was committed data. Nothing was changed. */
  | 'CORRUPT'
  /** Written by a newer release, at a level or with records that are not known here. */
  | 'NEWER_RELEASE'
  /** The folder belongs to a quorum with other voters. */
  | 'OTHER_VOTERS'
  /** The folder belongs to another node or cluster, or its folders disagree. */
  | 'IDENTITY_MISMATCH'
  /** A format that was asked for cannot be made. */
  | 'INVALID_FORMAT'

export class MetadataError extends Error {
  override readonly name = 'MetadataError'
  readonly code: MetadataErrorCode
  readonly retriable = false

  constructor(code: MetadataErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}
