/** TLS on a connection that is open, by node:tls. */
import net from 'node:net'
import type { ConnectionOptions, SecureContext, TLSSocket } from 'node:tls'
import type { TlsOptions } from '../tls-options.ts'

/** One for all connections with the same options: reading certificates and keys costs milliseconds. */
const contexts = new WeakMap<TlsOptions, SecureContext>()

/**
 * `secureConnect` comes when the server has proved who it is, 'error' when it has not. Throws where certificates, keys or the passphrase cannot
 * be used.
 */
export function startTls(socket: net.Socket, host: string, options: TlsOptions): TLSSocket {
  return nodeTls().connect({ socket, ...connectOptions(host, options) })
}

/** What node:tls and node:https are told. Throws as {@link startTls}. */
export function connectOptions(host: string, options: TlsOptions): ConnectionOptions {
  const name = options.servername ?? host
  const verify = options.verify ?? 'certificate-and-host-name'
  return {
    host: name,
    // An address is no name: it is compared with the certificate's addresses, and not sent.
    servername: net.isIP(name) === 0 ? name : '',
    secureContext: contextOf(options),
    rejectUnauthorized: verify !== 'nothing',
    ...(verify === 'certificate-and-host-name' ? {} : { checkServerIdentity: () => undefined }),
  }
}

function contextOf(options: TlsOptions): SecureContext {
  const known = contexts.get(options)
  if (known !== undefined) return known
  const { ca, cert, key, pfx, passphrase, minVersion, maxVersion, ciphers } = options
  const context = nodeTls().createSecureContext({
    minVersion: minVersion ?? 'TLSv1.2',
    ...(ca !== undefined && { ca: ca as string | Buffer | (string | Buffer)[] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(pfx !== undefined && { pfx }),
    ...(passphrase !== undefined && { passphrase }),
    ...(maxVersion !== undefined && { maxVersion }),
    ...(ciphers !== undefined && { ciphers }),
  })
  contexts.set(options, context)
  return context
}

/** Loaded when it is needed: it costs a start milliseconds, which most do not owe. */
function nodeTls(): typeof import('node:tls') {
  return process.getBuiltinModule('node:tls')
}
