/** How a client and its brokers come to trust each other. */
import type { TlsOptions } from '@ottla/env'
import { ConnectionError, type ConnectionErrorCode, type SaslMechanism } from '@ottla/net'
import { ArgumentError, AuthenticationError } from '../errors.ts'
import { type SaslOptions, saslMechanism } from './sasl-options.ts'

/** What a connection is made with. */
export interface ConnectionSecurity {
  readonly tls?: TlsOptions
  readonly sasl?: SaslMechanism
}

/** As {@link KafkaOptions} has them. */
export interface SecurityOptions {
  readonly tls?: boolean | TlsOptions
  readonly sasl?: SaslOptions
}

/** Throws {@link ArgumentError}. */
export function connectionSecurity({ tls, sasl }: SecurityOptions): ConnectionSecurity {
  return {
    ...(tls !== undefined && tls !== false && { tls: tls === true ? {} : checked(tls) }),
    ...(sasl !== undefined && { sasl: saslMechanism(sasl) }),
  }
}

/** What `error` says when it is about trust, else null. */
export function distrust(error: unknown): AuthenticationError | null {
  if (!(error instanceof ConnectionError)) return null
  const code = CODES[error.code]
  return code === undefined ? null : new AuthenticationError(code, error.message, { cause: error })
}

const CODES: { readonly [code in ConnectionErrorCode]?: string } = {
  TLS_FAILED: 'TLS_AUTHENTICATION_FAILED',
  AUTHENTICATION_FAILED: 'SASL_AUTHENTICATION_FAILED',
  UNSUPPORTED_SASL_MECHANISM: 'UNSUPPORTED_SASL_MECHANISM',
}

function checked(tls: TlsOptions): TlsOptions {
  if ((tls.cert === undefined) !== (tls.key === undefined)) throw new ArgumentError('tls: `cert` and `key` go together')
  if (tls.pfx !== undefined && tls.cert !== undefined) {
    throw new ArgumentError('tls: the own certificate is either `cert` and `key`, or `pfx`')
  }
  const { verify } = tls
  if (verify !== undefined && !VERIFY.has(verify)) {
    throw new ArgumentError(`tls: \`verify\` is one of ${[...VERIFY].join(', ')}, not ${String(verify)}`)
  }
  return tls
}

const VERIFY: ReadonlySet<string> = new Set(['certificate-and-host-name', 'certificate', 'nothing'])
