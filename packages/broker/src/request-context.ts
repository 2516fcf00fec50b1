/** Who sent a request, how, and what the broker has to answer it. */
import type { BrokerContext } from './broker-context.ts'

/** Kafka's principal, e.g. User:ANONYMOUS. */
export interface Principal {
  readonly type: string
  readonly name: string
}

export const ANONYMOUS: Principal = { type: 'User', name: 'ANONYMOUS' }

/** What the broker does on its own behalf. */
export const INTERNAL_PRINCIPAL: Principal = { type: 'User', name: 'ANONYMOUS' }

/** What is known of a connection, besides its bytes. One object per connection. */
export interface Session {
  readonly connectionId: number
  /** Upper-case name of the listener that the client came to. */
  readonly listenerName: string
  /** Address of the client, without port. */
  readonly clientHost: string
  readonly clientPort: number
  /** The address that the client connected to: what an unset advertised listener means for this client. */
  readonly localHost: string
  readonly localPort: number
  principal: Principal
  /** From ApiVersions v3 on; 'unknown' before. */
  clientSoftwareName: string
  clientSoftwareVersion: string
}

export interface RequestContext {
  readonly broker: BrokerContext
  readonly session: Session
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  readonly clientId: string | null
  /** Monotonic milliseconds at which the request had arrived as a whole. */
  readonly receivedAt: number
  /** Monotonic milliseconds at which its handling began; -1 when that is not measured. */
  startedAt: number
  /** Milliseconds that the turn took in which it began; -1 during that turn, or when that is not measured. */
  spentMs: number
}
