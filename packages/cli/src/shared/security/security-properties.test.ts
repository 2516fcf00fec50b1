import { deepEqual, equal, match, throws } from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createSecureContext } from 'node:tls'
import type { OauthToken, SaslOptions, TlsOptions } from '@ottla/client'
import type { Io } from '../../io.ts'
import { testEnv } from '../../test-io.test.ts'
import { securityOptions } from './security-properties.ts'

const folder = mkdtempSync(join(tmpdir(), 'ottla-security-'))
after(() => rmSync(folder, { recursive: true }))

const golden = JSON.parse(readFileSync(new URL('../../../golden/key-stores.json', import.meta.url), 'utf8')) as {
  certificate: string
  key: string
  stores: { title: string; content: string }[]
}
for (const { title, content } of golden.stores) writeFileSync(join(folder, fileOf(title)), content, 'base64')
writeFileSync(join(folder, 'both.pem'), `${golden.key}${golden.certificate}`)

function fileOf(title: string): string {
  return title.replaceAll(/\W+/g, '-')
}

function options(properties: Readonly<Record<string, string>>, variables: Io['variables'] = {}) {
  const io = { env: testEnv, workingDirectory: folder, variables } as unknown as Io
  return securityOptions(new Map(Object.entries(properties)), io)
}

const plain = (config: string) => ({
  'security.protocol': 'SASL_PLAINTEXT',
  'sasl.mechanism': 'PLAIN',
  'sasl.jaas.config': config,
})
const MODULE = 'org.apache.kafka.common.security'
const PLAIN_LOGIN = `${MODULE}.plain.PlainLoginModule required username="ann" password="se\\"cret;= ";`

test('without security.protocol nothing is asked for, and an unknown one is refused in Kafka’s words', () => {
  deepEqual(options({ 'sasl.mechanism': 'PLAIN' }), {})
  deepEqual(options({ 'security.protocol': 'ssl' }), { tls: {} })
  throws(() => options({ 'security.protocol': 'TLS' }), {
    message:
      'Invalid value TLS for configuration security.protocol: String must be one of: PLAINTEXT, SASL_PLAINTEXT, SASL_SSL, SSL',
  })
})

test('user and password come from sasl.jaas.config, with quotes and escapes as Java reads them', () => {
  deepEqual(options(plain(PLAIN_LOGIN)).sasl, { mechanism: 'PLAIN', username: 'ann', password: 'se"cret;= ' })
  deepEqual(options(plain("X.PlainLoginModule REQUIRED\n  username='a' // who\n password=b ;")).sasl, {
    mechanism: 'PLAIN',
    username: 'a',
    password: 'b',
  })
  throws(() => options(plain('X.PlainLoginModule required username="a"')), /not terminated by semi-colon/)
  throws(() => options(plain('X.PlainLoginModule username="a";')), /control flag is not specified/)
  throws(
    () => options(plain('X.PlainLoginModule required username="a" password;')),
    /Value not specified for key 'password'/,
  )
  throws(() => options(plain('X.PlainLoginModule required username="a";')), /password is not in the options/)
  throws(() => options(plain('X.PlainLoginModule required username="a;')), /quote/)
})

test('a login configuration file is found as Java finds it', () => {
  writeFileSync(join(folder, 'jaas.conf'), `KafkaServer { A required; };\nKafkaClient {\n ${PLAIN_LOGIN}\n};\n`)
  const { 'sasl.jaas.config': _, ...rest } = plain('')
  const variables = { KAFKA_OPTS: '-Xmx1g -Djava.security.auth.login.config=jaas.conf' }
  equal((options(rest, variables).sasl as { username: string }).username, 'ann')
  throws(() => options(rest), /Could not find a 'KafkaClient' entry in the JAAS configuration/)
})

test('SCRAM takes a password or a delegation token', () => {
  const login = (more: string) => ({
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': 'SCRAM-SHA-512',
    'sasl.jaas.config': `${MODULE}.scram.ScramLoginModule required username="id" password="aGk=" ${more};`,
  })
  deepEqual(options(login('')), { tls: {}, sasl: { mechanism: 'SCRAM-SHA-512', username: 'id', password: 'aGk=' } })
  deepEqual(options(login('tokenauth="true"')).sasl, {
    mechanism: 'SCRAM-SHA-512',
    delegationToken: { tokenId: 'id', hmac: Buffer.from('hi') },
  })
})

test('OAUTHBEARER asks a token endpoint, reads a file, or signs nothing at all', async () => {
  const bearer = { 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'OAUTHBEARER' }
  const endpoint = { ...bearer, 'sasl.oauthbearer.token.endpoint.url': 'https://idp.example/token' }
  const expected: SaslOptions = {
    mechanism: 'OAUTHBEARER',
    clientCredentials: {
      tokenEndpoint: 'https://idp.example/token',
      clientId: 'me',
      clientSecret: 'secret',
      authentication: 'basic-unencoded',
      scope: 'kafka',
      extensions: { logicalCluster: 'lkc' },
    },
  }
  const login = `${MODULE}.oauthbearer.OAuthBearerLoginModule required clientId="me" clientSecret="secret" scope="kafka" extension_logicalCluster="lkc";`
  deepEqual(options({ ...endpoint, 'sasl.jaas.config': login }).sasl, expected)
  const byKeys = {
    'sasl.oauthbearer.client.credentials.client.id': 'me',
    'sasl.oauthbearer.client.credentials.client.secret': 'secret',
    'sasl.oauthbearer.scope': 'kafka',
    'sasl.jaas.config': 'X.OAuthBearerLoginModule required extension_logicalCluster="lkc";',
  }
  deepEqual(options({ ...endpoint, ...byKeys }).sasl, expected)
  throws(() => options(endpoint), /client\.id/)

  const tokenOf = ({ sasl }: { sasl?: SaslOptions }) =>
    (sasl as unknown as { token: () => Promise<OauthToken> }).token()
  writeFileSync(join(folder, 'token'), 'abc\n')
  const file = { ...bearer, 'sasl.oauthbearer.token.endpoint.url': `file://${folder}/token` }
  deepEqual(await tokenOf(options(file)), { value: 'abc' })
  const unsecured = {
    ...bearer,
    'sasl.jaas.config': 'X.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="ann";',
  }
  const [head, body, signature] = (await tokenOf(options(unsecured))).value.split('.') as [string, string, string]
  deepEqual(JSON.parse(Buffer.from(head, 'base64url').toString()), { alg: 'none' })
  match(Buffer.from(body, 'base64url').toString(), /"sub":"ann"/)
  equal(signature, '')
  throws(() => options(bearer), /token\.endpoint\.url/)
})

test('other mechanisms are told apart from ours', () => {
  throws(() => options({ 'security.protocol': 'SASL_SSL' }), /sasl\.mechanism GSSAPI is not supported/)
})

test('trust stores and key stores are read in every format, by content and not by name', () => {
  const base = {
    'security.protocol': 'SSL',
    'ssl.truststore.password': 'changeit',
    'ssl.keystore.password': 'changeit',
  }
  for (const store of ['JKS-certificates-alone', 'PKCS-12-of-keytool-certificates-alone']) {
    deepEqual(options({ ...base, 'ssl.truststore.location': store }).tls, { ca: [golden.certificate] })
  }
  const both = { cert: golden.certificate, key: golden.key }
  deepEqual(options({ ...base, 'ssl.keystore.location': 'PKCS-12-of-keytool-with-a-key' }).tls, both)
  const jks = { ...base, 'ssl.keystore.location': 'JKS-with-a-key', 'ssl.key.password': 'keypass1' }
  deepEqual(options(jks).tls, both)
  throws(() => options({ ...base, 'ssl.truststore.location': 'missing' }), /Failed to load SSL keystore missing/)
  const wrong = { ...base, 'ssl.truststore.location': 'JKS-certificates-alone', 'ssl.truststore.password': 'x' }
  throws(() => options(wrong), /keystore password was incorrect/)
})

test('PEM stands in files or in the properties themselves', () => {
  const { ca, cert, key, passphrase } = options({
    'security.protocol': 'SSL',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': 'both.pem',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': 'both.pem',
    'ssl.key.password': 'p',
  }).tls as TlsOptions
  deepEqual([String(ca), String(cert), String(key)], Array(3).fill(`${golden.key}${golden.certificate}`))
  equal(passphrase, 'p')
  const inline = {
    'security.protocol': 'SSL',
    'ssl.truststore.certificates': 'CA',
    'ssl.keystore.certificate.chain': 'CERT',
    'ssl.keystore.key': 'KEY',
  }
  deepEqual(options(inline).tls, { ca: 'CA', cert: 'CERT', key: 'KEY' })
})

test('host names go unchecked only on demand, and versions of TLS are those that are named', () => {
  const ssl = { 'security.protocol': 'SSL' }
  deepEqual(options({ ...ssl, 'ssl.endpoint.identification.algorithm': '' }).tls, { verify: 'certificate' })
  throws(() => options({ ...ssl, 'ssl.endpoint.identification.algorithm': 'LDAPS' }), /only https/)
  deepEqual(options({ ...ssl, 'ssl.enabled.protocols': 'TLSv1.2,TLSv1.1' }).tls, {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
  })
  const suites = 'TLS_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
  const { ciphers } = options({ ...ssl, 'ssl.cipher.suites': suites }).tls as TlsOptions
  equal(ciphers, 'TLS_AES_128_GCM_SHA256:TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256')
  createSecureContext({ ciphers: ciphers! })
  throws(() => options({ ...ssl, 'ssl.enabled.protocols': 'TLSv1' }), /TLSv1\.2 and TLSv1\.3/)
})
