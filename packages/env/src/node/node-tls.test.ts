import { equal, match, rejects } from 'node:assert/strict'
import type { AddressInfo, Socket } from 'node:net'
import { test } from 'node:test'
import { createServer, type Server, type TlsOptions as ServerOptions } from 'node:tls'
import { CertificateAuthority } from '@ottla/testkit/certificates'
import type { ByteStream, NetworkError } from '../network.ts'
import type { TlsOptions } from '../tls-options.ts'
import { NodeNetwork } from './node-network.ts'

const authority = new CertificateAuthority()
const ofServer = authority.issue({ name: 'broker', hosts: ['localhost', '127.0.0.1'] })

/** A server that sends back what it gets. */
async function withServer(options: ServerOptions, body: (port: number) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>()
  const server: Server = createServer({ ...ofServer, ...options }, (socket) => {
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await body((server.address() as AddressInfo).port)
  } finally {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
}

function connect(port: number, tls: TlsOptions, host = '127.0.0.1'): Promise<ByteStream> {
  return new NodeNetwork().connect({ host, port }, { tls, timeoutMs: 5000 })
}

/** What the other side sends back for 'ping'; rejects with the end of the stream. */
function echo(stream: ByteStream): Promise<string> {
  return new Promise((resolve, reject) => {
    stream.onData = (chunk) => {
      resolve(String(chunk))
      stream.destroy()
    }
    stream.onClose = (error) => reject(error ?? new Error('closed'))
    stream.write([Buffer.from('pi'), Buffer.from('ng')])
  })
}

test('a server of a trusted authority is spoken to under TLS, by name and by address', async () => {
  await withServer({}, async (port) => {
    equal(await echo(await connect(port, { ca: authority.cert })), 'ping')
    equal(await echo(await connect(port, { ca: [Buffer.from(authority.cert)], servername: 'localhost' })), 'ping')
  })
})

test('a server of another authority, with another name, or too old is refused, and each says why', async () => {
  await withServer({}, async (port) => {
    await rejects(connect(port, { ca: new CertificateAuthority('Other').cert }), (error: NetworkError) => {
      match(
        error.code,
        /^(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT_LOCALLY)$/,
      )
      return true
    })
    await rejects(connect(port, { ca: authority.cert, servername: 'elsewhere' }), {
      name: 'NetworkError',
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
  })
  const old = authority.issue({ name: 'old', hosts: ['127.0.0.1'], notAfter: new Date('2021-01-01T00:00:00Z') })
  await withServer(old, async (port) => {
    await rejects(connect(port, { ca: authority.cert }), { code: 'CERT_HAS_EXPIRED' })
  })
})

test('what is not to be checked is not: the name alone, or nothing', async () => {
  await withServer({}, async (port) => {
    const options = { ca: authority.cert, servername: 'elsewhere' }
    equal(await echo(await connect(port, { ...options, verify: 'certificate' })), 'ping')
    const stranger = { ca: new CertificateAuthority('Other').cert }
    await rejects(connect(port, { ...stranger, verify: 'certificate' }))
    equal(await echo(await connect(port, { ...stranger, verify: 'nothing' })), 'ping')
  })
})

test('a server that asks for a certificate gets the one of the options, and ends the connection without', async () => {
  const own = authority.issue({ name: 'alice' })
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    await withServer({ requestCert: true, ca: authority.cert, maxVersion }, async (port) => {
      equal(await echo(await connect(port, { ca: authority.cert, ...own })), 'ping')
      await rejects(
        connect(port, { ca: authority.cert }).then((stream) => echo(stream)),
        (error: NetworkError) => /^(ERR_SSL_.*ALERT|ECONNRESET|EPIPE)/.test(error.code),
      )
    })
  }
})

test('certificates and keys that cannot be read are told as such', async () => {
  await withServer({}, async (port) => {
    for (const wrong of [{ cert: ofServer.cert, key: 'no key' }, { pfx: Buffer.from('no pfx') }]) {
      await rejects(connect(port, { ca: authority.cert, ...wrong }), { code: 'ETLSOPTIONS' })
    }
  })
})

test('a port without TLS is told apart, and a handshake that hangs ends in time or on demand', async () => {
  const network = new NodeNetwork()
  const streams: ByteStream[] = []
  let answer: string | null = 'HTTP/1.1 400 Bad Request\r\n\r\n'
  const listening = await network.listen({ host: '127.0.0.1', port: 0 }, (stream) => {
    streams.push(stream)
    if (answer !== null) stream.write([Buffer.from(answer)])
  })
  await rejects(connect(listening.port, {}), (error: NetworkError) => /^ERR_SSL_|^EPROTO/.test(error.code))
  answer = null
  const address = { host: '127.0.0.1', port: listening.port }
  await rejects(network.connect(address, { tls: {}, timeoutMs: 50 }), { code: 'ETIMEDOUT' })
  const giveUp = new AbortController()
  const connecting = network.connect(address, { tls: {}, signal: giveUp.signal })
  giveUp.abort()
  await rejects(connecting, { code: 'EABORTED' })
  for (const stream of streams) stream.destroy()
  await listening.close()
})
