import { equal, match, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { type ByteStream, type Env, NetworkError, type TlsOptions } from '@ottla/env'
import { ClientConnection } from './client-connection.ts'
import type { ConnectionError } from './connection-error.ts'
import { FakeStream, FakeTimers, SILENT } from './fake-world.test.ts'

function connect(network: () => Promise<ByteStream>, tls?: TlsOptions): Promise<ClientConnection> {
  const timers = new FakeTimers()
  const clock = { now: () => timers.now, monotonic: () => timers.now }
  return ClientConnection.connect({
    env: { timers, clock, logger: SILENT, network: { connect: network } } as unknown as Env,
    host: 'broker',
    port: 9093,
    clientId: 'test',
    connectTimeoutMs: 1000,
    requestTimeoutMs: 5000,
    softwareName: 'ottla',
    softwareVersion: '0.1.0',
    ...(tls !== undefined && { tls }),
  })
}

function failWith(code: string, message = code): () => Promise<ByteStream> {
  return () => Promise.reject(new NetworkError(code, message))
}

async function failureOf(connecting: Promise<unknown>): Promise<ConnectionError> {
  return await connecting.then(
    () => {
      throw new Error('connected')
    },
    (error) => error as ConnectionError,
  )
}

test('a certificate that is not trusted is told with host, reason and remedy, and is not tried again', async () => {
  const cases = [
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /^broker:9093 is not trusted: .*not trusted here: give that authority as `ca`/],
    ['CERT_HAS_EXPIRED', /^broker:9093 is not trusted: its certificate has expired/],
    [
      'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN',
      /^TLS with broker:9093 failed: the broker wants a certificate of this client that it trusts/,
    ],
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      /the broker ended the handshake: it may ask for a certificate of the client/,
    ],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', /no version of TLS in common/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /^broker:9093 does not speak TLS: the listener may be PLAINTEXT/],
    ['ETLSOPTIONS', /cannot be used: ETLSOPTIONS/],
  ] as const
  for (const [code, text] of cases) {
    const error = await failureOf(connect(failWith(code), {}))
    match(error.message, text)
    equal(error.code, 'TLS_FAILED')
    equal(error.retriable, false)
  }
})

test('a certificate for another host names the hosts that it is for', async () => {
  const message =
    "Hostname/IP does not match certificate's altnames: Host: broker. is not in the cert's altnames: DNS:kafka, DNS:k2"
  const error = await failureOf(connect(failWith('ERR_TLS_CERT_ALTNAME_INVALID', message), {}))
  match(error.message, /for another host \(DNS:kafka, DNS:k2\): connect to a name that it is for, or set `servername`/)
})

test('a handshake that the broker cuts may pass, and says what it may be', async () => {
  const error = await failureOf(connect(failWith('ECONNRESET'), {}))
  equal(error.retriable, true)
  match(error.message, /^broker:9093 ended the TLS handshake .* may be without TLS; check the port/)
})

test('without TLS nothing is said about it', async () => {
  await rejects(connect(failWith('ECONNREFUSED', 'connect ECONNREFUSED')), {
    code: 'CONNECT_FAILED',
    message: 'no connection to broker:9093: connect ECONNREFUSED',
  })
})

test('a port that answers in TLS or in HTTP is recognised by its first bytes', async () => {
  const alert = Buffer.from([0x15, 3, 3, 0, 2, 2, 80])
  const cases = [
    [alert, /^broker:9093 speaks TLS: the listener is SSL or SASL_SSL; set `tls`/],
    [
      Buffer.from('HTTP/1.1 400 Bad Request\r\n'),
      /does not speak Kafka's protocol: it answered like an HTTP server; check the port/,
    ],
  ] as const
  for (const [bytes, text] of cases) {
    const stream = new FakeStream()
    const connecting = connect(async () => stream)
    setImmediate(() => stream.receive(bytes))
    const error = await failureOf(connecting)
    match(error.message, text)
    equal(error.code, 'FOREIGN_PROTOCOL')
    equal(error.retriable, false)
  }
})
