/** Why a request on a client's connection has no answer. */

export type ConnectionErrorCode =
  /** The connection could not be made. */
  | 'CONNECT_FAILED'
  /** It ended, by either side, while the request waited, or before it was sent. */
  | 'CLOSED'
  /** No answer in time; the connection is closed with it, since later answers could not be told apart. */
  | 'TIMEOUT'
  /** The peer sent what is not a Kafka response. */
  | 'MALFORMED_RESPONSE'
  /** The peer speaks something else, e.g. TLS where none was asked for. */
  | 'FOREIGN_PROTOCOL'
  /** TLS could not be agreed upon: a certificate that is not trusted, or options that cannot be used. */
  | 'TLS_FAILED'
  /** The peer does not take this side for whom it says to be, or does not prove who it is itself. */
  | 'AUTHENTICATION_FAILED'
  /** The peer does not serve the SASL mechanism. */
  | 'UNSUPPORTED_SASL_MECHANISM'
  /** The peer does not serve this API, or no version of it that this side knows. */
  | 'UNSUPPORTED_VERSION'

const RETRIABLE: ReadonlySet<ConnectionErrorCode> = new Set(['CONNECT_FAILED', 'CLOSED', 'TIMEOUT'])

export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: ConnectionErrorCode
  /** Another attempt, on another connection, may succeed. */
  readonly retriable: boolean

  constructor(code: ConnectionErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retriable = RETRIABLE.has(code)
  }
}
