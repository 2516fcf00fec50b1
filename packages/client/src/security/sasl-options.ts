/** Who a client says that it is. */
import {
  OauthBearerMechanism,
  type OauthToken,
  PlainMechanism,
  SaslError,
  type SaslMechanism,
  ScramClient,
} from '@ottla/net'
import { ArgumentError } from '../errors.ts'
import { clientCredentials, type OauthClientCredentials } from './oauth-client-credentials.ts'

/** A name and a password as they are: use it under TLS alone. */
export interface PlainOptions {
  readonly mechanism: 'PLAIN'
  readonly username: string
  readonly password: string
}

/** Neither side tells the other the password, and both prove that they know it. */
export interface ScramOptions {
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly username: string
  readonly password: string
  /** A broker that asks for more is not obeyed. Default 16,384, Kafka's own limit. */
  readonly maxIterations?: number
}

/** A delegation token in place of a password (KIP-48). */
export interface DelegationTokenOptions {
  readonly mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
  readonly delegationToken: { readonly tokenId: string; readonly hmac: Buffer }
}

/** Asks for a token when one is needed; it is kept for most of its life. What it rejects with is tried again, unless it says `retriable: false`. */
export interface OauthOptions {
  readonly mechanism: 'OAUTHBEARER'
  readonly token: (signal: AbortSignal) => Promise<OauthToken>
}

/** Tokens from an authorization server, for the client itself (RFC 6749, section 4.4). */
export interface OauthClientCredentialsOptions {
  readonly mechanism: 'OAUTHBEARER'
  readonly clientCredentials: OauthClientCredentials
}

/** Any other mechanism. */
export interface CustomSaslOptions {
  readonly custom: SaslMechanism
}

export type SaslOptions =
  | PlainOptions
  | ScramOptions
  | DelegationTokenOptions
  | OauthOptions
  | OauthClientCredentialsOptions
  | CustomSaslOptions

/** Throws {@link ArgumentError}. */
export function saslMechanism(options: SaslOptions): SaslMechanism {
  if ('custom' in options) return options.custom
  try {
    switch (options.mechanism) {
      case 'PLAIN':
        return new PlainMechanism(withPassword(options))
      case 'SCRAM-SHA-256':
      case 'SCRAM-SHA-512':
        return 'delegationToken' in options
          ? new ScramClient(options.mechanism, tokenCredentials(options))
          : new ScramClient(options.mechanism, withPassword(options))
      case 'OAUTHBEARER': {
        const never = new AbortController().signal
        if ('clientCredentials' in options)
          return new OauthBearerMechanism(clientCredentials(options.clientCredentials))
        const { token } = options
        if (typeof token !== 'function')
          throw new ArgumentError('sasl: OAUTHBEARER needs `token` or `clientCredentials`')
        return new OauthBearerMechanism(({ signal }) => token(signal ?? never))
      }
      default: {
        const { mechanism } = options as { mechanism: unknown }
        throw new ArgumentError(`sasl: the mechanism is one of ${MECHANISMS}, not ${String(mechanism)}`)
      }
    }
  } catch (error) {
    if (error instanceof SaslError) throw new ArgumentError(`sasl: ${error.message}`)
    throw error
  }
}

const MECHANISMS = 'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER'

function withPassword<T extends { readonly username: string; readonly password: string }>(options: T): T {
  if (typeof options.username !== 'string' || typeof options.password !== 'string') {
    throw new ArgumentError('sasl: `username` and `password` are texts')
  }
  return options
}

function tokenCredentials({ delegationToken: { tokenId, hmac } }: DelegationTokenOptions) {
  return { username: tokenId, password: hmac.toString('base64'), isDelegationToken: true }
}
