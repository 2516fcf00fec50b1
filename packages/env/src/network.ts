/**
 * Byte streams between hosts. Streams, not messages, so that framing is exercised in simulation too.
 */
import type { TlsOptions } from './tls-options.ts'

export interface Network {
  /** Listens on host and port (0 = any free one). '' is every interface, 'localhost' both 127.0.0.1 and ::1 (where there is one). `accept` is called for each new connection. Rejects with {@link NetworkError} ('EADDRINUSE', 'EACCES', …). */
  listen(address: ListenAddress, accept: (stream: ByteStream) => void): Promise<ListeningSocket>
  /**
   * Opens a connection, trying all addresses of the host; rejects with {@link NetworkError} ('ECONNREFUSED', 'ETIMEDOUT', 'ENOTFOUND', …).
   * With `tls` it resolves when the server has proved who it is; else the code is OpenSSL's ('CERT_HAS_EXPIRED', …), Node's
   * ('ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_…'), or 'ETLSOPTIONS' for options that cannot be used.
   */
  connect(address: { host: string; port: number }, options?: ConnectOptions): Promise<ByteStream>
}

export interface ConnectOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Speaks TLS. */
  readonly tls?: TlsOptions
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
  readonly backlog?: number
}

export interface ListeningSocket {
  readonly host: string
  readonly port: number
  /** Stops accepting; connections already accepted stay. */
  close(): Promise<void>
}

/** One end of a connection. Set the handlers in the turn in which the stream was received. */
export interface ByteStream {
  readonly localHost: string
  readonly localPort: number
  readonly remoteHost: string
  readonly remotePort: number
  /** Bytes that were received. The chunk belongs to the stream: copy what is needed after the call returns. */
  onData: (chunk: Buffer) => void
  /**
   * Names memory for the bytes that come next, or null; a stream may then receive there instead of copying, and `onData` gets a view of
   * the front of that memory. Asked before each read, and used until it is asked again.
   */
  receiveInto?: () => Buffer | null
  /** The write queue went down to nothing after `write` had returned false. */
  onDrain: () => void
  /** The peer sends no more, and may still read. Until something else is set: `end`. */
  onEnd: () => void
  /** Called once, when the connection is over, for whatever reason; `error` when it did not end in order. */
  onClose: (error: NetworkError | undefined) => void
  /** Sends the buffers in order, in as few system calls as possible; `flushed` is called when the kernel has taken them (or never will). False: the send queue is over its mark, wait for `onDrain`. */
  write(buffers: readonly Uint8Array[], flushed?: () => void): boolean
  /** Bytes accepted by `write` that the kernel has not taken yet. */
  readonly queuedBytes: number
  pause(): void
  resume(): void
  /** Sends what is queued, then closes. What the peer still sends is read and dropped, so that no reset overtakes the last bytes. */
  end(): void
  /** Closes at once; queued bytes are dropped. */
  destroy(): void
}

/** A connection could not be made, or ended otherwise than in order. `code` is errno's name ('ECONNRESET', 'EADDRINUSE', …). */
export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  readonly code: string
  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}
