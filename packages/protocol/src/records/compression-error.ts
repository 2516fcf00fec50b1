/** Why compressed bytes could not be unpacked, or a codec was not known. */
export type CompressionErrorCode =
  /** The bytes are not what the codec writes. */
  | 'MALFORMED'
  /** They would unpack to more than the caller allows. */
  | 'TOO_LARGE'
  /** No such codec, or a feature of its format that nobody uses in Kafka (a dictionary). */
  | 'UNSUPPORTED'

/** Thrown by compress and decompress. Never retriable: the same bytes fail again. */
export class CompressionError extends Error {
  override readonly name = 'CompressionError'
  readonly retriable = false
  readonly code: CompressionErrorCode

  constructor(code: CompressionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Throws MALFORMED. Apart from the hot loops, so that they stay small. */
export function malformedBytes(message: string): never {
  throw new CompressionError('MALFORMED', message)
}

/** Throws TOO_LARGE. */
export function tooLarge(maxBytes: number): never {
  throw new CompressionError('TOO_LARGE', `unpacks to more than ${maxBytes} bytes`)
}
