/** Says in words why TLS with a broker failed, and what to look at. */
import type { NetworkError } from '@ottla/env'

/** By the code of the error. What is said of the certificate is about the broker's. */
const CERTIFICATE_FAULTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired: the broker needs a new one (or the clock of this machine is wrong)',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: check the clock of this machine',
  CERT_REVOKED: 'its certificate was revoked',
  CERT_REJECTED: 'its certificate is not for servers',
  INVALID_PURPOSE: 'its certificate is not for servers',
  CERT_SIGNATURE_FAILURE:
    'its certificate is not signed by the authority of the same name that is trusted here: check `ca`',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself alone: give that certificate as `ca` to trust it',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its certificate is from an authority that is not trusted here: give that authority as `ca`',
  UNABLE_TO_GET_ISSUER_CERT:
    'the chain of its certificate is not complete: give the authority as `ca`, or have the broker send the certificates between',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate is from an authority that is not trusted here: give that authority as `ca`',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate is from an authority that is not trusted here: give that authority as `ca`',
}

/** What the broker says of this side, in alerts. */
const ALERTS: readonly (readonly [pattern: RegExp, text: string])[] = [
  [
    /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/,
    'the broker ended the handshake: it may ask for a certificate of the client (`cert` and `key`), or have no cipher or version in common',
  ],
  [
    /BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNKNOWN_CA|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED/,
    'the broker wants a certificate of this client that it trusts: check `cert` and `key`, and its authorities',
  ],
  [/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/, 'the broker and this client have no version of TLS in common'],
]

/** Not even TLS came back. */
const NOT_TLS = /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|ERR_SSL_HTTP_REQUEST|EPROTO)$/
const ENDED = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])

/** `final`: the same will happen at the next attempt. */
export interface TlsFailure {
  readonly kind: 'final' | 'passing'
  readonly text: string
}

/** Null when `error` is not about TLS. `error` is of a connection on which TLS was asked for. */
export function tlsFailure(error: NetworkError, where: string): TlsFailure | null {
  const { code, message } = error
  if (code === 'ETLSOPTIONS') return final(`certificates or keys of the TLS options cannot be used: ${message}`)
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = /^.*altnames: (.*)$/s.exec(message)?.[1] ?? message
    return final(
      `${where} is not trusted: its certificate is for another host (${names}): connect to a name that it is for, or set \`servername\``,
    )
  }
  const fault = CERTIFICATE_FAULTS[code]
  if (fault !== undefined) return final(`${where} is not trusted: ${fault} (${code})`)
  if (NOT_TLS.test(code)) {
    return final(
      `${where} does not speak TLS: the listener may be PLAINTEXT or SASL_PLAINTEXT; check the port (${code})`,
    )
  }
  if (ENDED.has(code)) {
    return {
      kind: 'passing',
      text: `${where} ended the TLS handshake (${code}): the listener may be without TLS; check the port`,
    }
  }
  if (!code.startsWith('ERR_SSL_') && !code.startsWith('ERR_TLS_')) return null
  const alert = ALERTS.find(([pattern]) => pattern.test(code))?.[1] ?? message
  return final(`TLS with ${where} failed: ${alert} (${code})`)
}

function final(text: string): TlsFailure {
  return { kind: 'final', text }
}
