/** Apache Kafka with a listener for each way to authenticate, and certificates made for it. Needs npm run setup:clients. */
import { CertificateAuthority } from '@ottla/testkit/certificates'
import { BRIEFLY, startApacheKafka } from './apache-kafka.mjs'
import { startApacheKafka24 } from './apache-kafka-2.4.mjs'
import { freePort } from './test-broker.mjs'

/** Users of SASL PLAIN. Those of SCRAM are made by whoever needs them. */
export const PLAIN_USERS = { alice: 'alice-secret', bob: 'bob-secret' }
/** A session on the listener without TLS: of SCRAM-SHA-256, in 2.4.1 of PLAIN. Brokers take no second one of a connection within a second. */
export const SESSION_MS = 1300

const MODULES = 'org.apache.kafka.common.security'
const LISTENERS = {
  PLAINTEXT: 'PLAINTEXT',
  SASLPLAIN: 'SASL_PLAINTEXT',
  SASLTLS: 'SASL_SSL',
  MUTUALTLS: 'SSL',
  CONTROLLER: 'PLAINTEXT',
}

/**
 * Ports by listener: `PLAINTEXT` (anonymous, may do everything), `SASLPLAIN`, `SASLTLS` (PLAIN, SCRAM, OAUTHBEARER), `MUTUALTLS` (asks for a
 * certificate). Everybody may do what no ACL speaks of.
 */
export async function startSecuredKafka(options = {}) {
  const authority = new CertificateAuthority()
  const server = authority.issue({ name: 'broker', hosts: ['localhost', '127.0.0.1'] })
  const names = Object.keys(LISTENERS)
  const ports = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()])))
  const addresses = names.map((name) => `${name}://127.0.0.1:${ports[name]}`)
  const kafka = await startApacheKafka({
    ...options,
    port: ports.PLAINTEXT,
    heap: options.heap ?? '512M',
    jvm: BRIEFLY,
    settings: {
      listeners: addresses.join(),
      'advertised.listeners': addresses.filter((address) => !address.startsWith('CONTROLLER')).join(),
      'listener.security.protocol.map': names.map((name) => `${name}:${LISTENERS[name]}`).join(),
      'controller.quorum.voters': `1@127.0.0.1:${ports.CONTROLLER}`,
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
      'super.users': 'User:ANONYMOUS',
      'delegation.token.secret.key': 'a secret of the brokers',
      'listener.name.saslplain.scram-sha-256.connections.max.reauth.ms': String(SESSION_MS),
      ...Object.assign({}, ...['saslplain', 'sasltls'].map(logins)),
      ...stores(authority, server),
      'listener.name.mutualtls.ssl.client.auth': 'required',
      ...options.settings,
    },
  })
  const kill = () => process.kill(kafka.pid, 'SIGKILL')
  return { ...kafka, kill, ports, authority, addressOf: (listener) => `127.0.0.1:${ports[listener]}` }
}

/**
 * The same of Apache Kafka 2.4.1, without TLS (it reads no PEM) and started when it resolves: `PLAINTEXT`, `SASLPLAIN` (PLAIN, delegation tokens by
 * SCRAM, OAUTHBEARER).
 */
export async function startSecuredKafka24() {
  const ports = { PLAINTEXT: await freePort(), SASLPLAIN: await freePort() }
  const addresses = Object.entries(ports).map(([name, port]) => `${name}://127.0.0.1:${port}`)
  const kafka = await startApacheKafka24({
    port: ports.PLAINTEXT,
    jvm: BRIEFLY,
    settings: {
      listeners: addresses.join(),
      'advertised.listeners': addresses.join(),
      'listener.security.protocol.map': Object.keys(ports)
        .map((name) => `${name}:${LISTENERS[name]}`)
        .join(),
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,OAUTHBEARER',
      'authorizer.class.name': 'kafka.security.authorizer.AclAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
      'super.users': 'User:ANONYMOUS',
      'delegation.token.master.key': 'a secret of the brokers',
      'listener.name.saslplain.plain.connections.max.reauth.ms': String(SESSION_MS),
      ...logins('saslplain'),
    },
  })
  return { ...kafka, ports, addressOf: (listener) => `127.0.0.1:${ports[listener]}` }
}

function logins(listener) {
  const users = Object.entries(PLAIN_USERS).map(([name, password]) => `user_${name}="${password}"`)
  const of = (mechanism) => `listener.name.${listener}.${mechanism}.sasl.jaas.config`
  return {
    [of('plain')]: `${MODULES}.plain.PlainLoginModule required ${users.join(' ')};`,
    [of('scram-sha-256')]: `${MODULES}.scram.ScramLoginModule required;`,
    [of('scram-sha-512')]: `${MODULES}.scram.ScramLoginModule required;`,
    [of('oauthbearer')]:
      `${MODULES}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
  }
}

function stores(authority, { cert, key }) {
  const inOneLine = (pem) => pem.replaceAll('\n', '\\n')
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': inOneLine(cert),
    'ssl.keystore.key': inOneLine(key),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': inOneLine(authority.cert),
  }
}
