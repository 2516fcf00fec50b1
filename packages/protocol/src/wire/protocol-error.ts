/** Why bytes could not be read, or a value could not be written. */
export type ProtocolErrorCode =
  /** The bytes are not what the schema says: cut short, a count beyond what is left, null where none may be. */
  | 'MALFORMED'
  /** The schema has no such version, or the value uses a field which the version lacks. */
  | 'UNSUPPORTED_VERSION'
  /** The value has no form on the wire: null where none may be, a string or an array too long. */
  | 'INVALID_VALUE'

/** Thrown by everything that reads or writes the wire form. Never retriable: the same bytes fail again. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly retriable = false
  readonly code: ProtocolErrorCode

  constructor(code: ProtocolErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Throws a {@link ProtocolError} with code MALFORMED. Apart from the hot functions, so that they stay small. */
export function malformed(message: string): never {
  throw new ProtocolError('MALFORMED', message)
}
