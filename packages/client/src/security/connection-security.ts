/** How a client and its brokers come to trust each other. */
import type { TlsOptions } from '@ottla/env'
import { ConnectionError } from '@ottla/net'
import { ArgumentError, AuthenticationError } from '../errors.ts'

/** What a connection is made with. */
export interface ConnectionSecurity {
  readonly tls?: TlsOptions
}

/** Throws {@link ArgumentError}. */
export function connectionSecurity({ tls }: { readonly tls?: boolean | TlsOptions }): ConnectionSecurity {
  return { ...(tls !== undefined && tls !== false && { tls: tls === true ? {} : checked(tls) }) }
}

/** What `error` says when it is about trust, else null. */
export function distrust(error: unknown): AuthenticationError | null {
  if (!(error instanceof ConnectionError)) return null
  if (error.code !== 'TLS_FAILED') return null
  return new AuthenticationError('TLS_AUTHENTICATION_FAILED', error.message, { cause: error })
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
