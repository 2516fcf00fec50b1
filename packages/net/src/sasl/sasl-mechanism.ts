/** What a way to authenticate is to a connection. */
import type { Env } from '@ottla/env'

/** One for all connections of a client; holds its secrets, and shows them to nobody but the broker. */
export interface SaslMechanism {
  /** As brokers name it: 'PLAIN', 'SCRAM-SHA-256', … */
  readonly name: string
  /**
   * Starts an exchange, with credentials that are good now. A rejection is tried again with the next connection, unless it says
   * `retriable: false`.
   */
  begin(world: SaslWorld): Promise<SaslExchange>
}

export interface SaslWorld {
  readonly env: Env
  readonly signal?: AbortSignal
}

/** The client's side of one exchange (RFC 4422). */
export interface SaslExchange {
  /** What the client says first. */
  readonly initial: Buffer
  /** The client's answer to what the server said; null when the exchange is complete. Throws SaslError when the server is not to be trusted, or says that it failed. */
  respond(challenge: Buffer): Buffer | null
}

/** The exchange failed on this side; another with the same credentials would fail too. */
export class SaslError extends Error {
  override readonly name = 'SaslError'
  readonly retriable = false
}
