/**
 * This client against Apache Kafka with TLS, SASL and an authorizer: each way to authenticate, sessions that end, what is wrong told as such;
 * ACLs, SCRAM credentials and delegation tokens by its admin.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka, unwrap } from '@ottla/client'
import { nodeEnv } from '@ottla/env/node'
import { CertificateAuthority } from '@ottla/testkit/certificates'
import { cacheOf, classPath, javaProfiles } from '../../../scripts/lib/clients.mjs'
import { PLAIN_USERS, SESSION_MS, startSecuredKafka, startSecuredKafka24 } from '../../../scripts/lib/secured-kafka.mjs'
import { root } from '../../../scripts/lib/workspace.mjs'
import { command, expect, reporter } from './report.mjs'

const { run } = reporter('Ottla client, secured', '0.1')
const kafka = await startSecuredKafka()
await kafka.started
const starting = startSecuredKafka24()
starting.catch(() => {})

const ca = kafka.authority.cert
const tls = { ca }
const plain = (username, password = PLAIN_USERS[username]) => ({ mechanism: 'PLAIN', username, password })
const scram = (bits, password = 'scram-secret') => ({ mechanism: `SCRAM-SHA-${bits}`, username: 'carol', password })
const open = []
process.on('exit', () => {
  kafka.kill()
  rmSync(kafka.folder, { recursive: true, force: true })
})

/** A client of a listener. Errors of connections are expected, and not worth a line. */
function client(listener, options = {}) {
  const env = nodeEnv({ logLevel: 'fatal', timersKeepAlive: true })
  const one = new Kafka({ bootstrapServers: kafka.addressOf(listener), env, apiTimeoutMs: 30_000, ...options })
  open.push(one)
  return one
}

const admin = client('PLAINTEXT').admin()

/** The error of a call that has to fail. */
async function failure(promise) {
  const error = await promise.then(
    () => null,
    (reason) => reason,
  )
  expect(error !== null, 'it did not fail')
  return error
}

/** Refused for good, and not only when time was over. */
const REFUSED_IN_MS = 30_000

async function refused(listener, options, { code, text }) {
  const startedAt = performance.now()
  const error = await failure(
    client(listener, { apiTimeoutMs: 2 * REFUSED_IN_MS, ...options })
      .admin()
      .listTopics(),
  )
  const spentMs = Math.round(performance.now() - startedAt)
  expect(error.code === code, `${error.code}: ${error.message}`)
  expect(text.test(error.message), error.message)
  expect(spentMs < REFUSED_IN_MS, `it took ${spentMs} ms`)
}

async function roundTrip(listener, options) {
  const one = client(listener, options)
  const topic = `round-trip-${open.length}`
  unwrap((await one.admin().createTopics([{ name: topic, partitionCount: 1 }])).get(topic))
  await one.producer().send({ topic, value: Buffer.from('hello') })
  const consumer = one.consumer({ groupId: topic, autoOffsetReset: 'earliest' })
  consumer.subscribe([topic])
  for await (const { value } of consumer) {
    expect(String(value) === 'hello', `${value}`)
    break
  }
  await consumer.close()
  return one
}

const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** An unsecured JWS, as Kafka's default validator takes it. */
function unsecuredToken(subject, lifetimeS) {
  const now = Date.now() / 1000
  return `${base64url({ alg: 'none' })}.${base64url({ sub: subject, iat: now, exp: now + lifetimeS })}.`
}

const oauth = (lifetimeS) => ({
  mechanism: 'OAUTHBEARER',
  token: async () => ({ value: unsecuredToken('dave', lifetimeS) }),
})

/** Asks again until the answer is right; after 30 s the last one is what it is. */
async function untilTrue(ask, isRight) {
  const limit = Date.now() + 30_000
  for (;;) {
    const answer = await ask()
    if (isRight(answer) || Date.now() > limit) return answer
  }
}

await run('SCRAM credentials are made, described and deleted', async () => {
  const upsert = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].map((mechanism) => ({
    kind: 'upsert',
    user: 'carol',
    mechanism,
    password: 'scram-secret',
  }))
  unwrap((await admin.scramCredentials.alter([...upsert, { ...upsert[0], user: 'erin' }])).get('carol'))
  // A broker answers from what it has applied, which may be the first of the two.
  const described = await untilTrue(
    async () => unwrap((await admin.scramCredentials.describe(['carol'])).get('carol')),
    ({ length }) => length === 2,
  )
  expect(described.length === 2 && described.every(({ iterations }) => iterations === 8192), JSON.stringify(described))
  unwrap(
    (await admin.scramCredentials.alter([{ kind: 'delete', user: 'erin', mechanism: 'SCRAM-SHA-256' }])).get('erin'),
  )
  const gone = await untilTrue(
    async () => (await admin.scramCredentials.describe(['erin'])).get('erin'),
    ({ kind }) => kind === 'failed',
  )
  expect(gone.kind === 'failed' && gone.error.code === 'RESOURCE_NOT_FOUND', JSON.stringify(gone))
  const tooFew = (await admin.scramCredentials.alter([{ ...upsert[0], iterations: 1 }])).get('carol')
  expect(tooFew.error?.code === 'UNACCEPTABLE_CREDENTIAL', JSON.stringify(tooFew))
})

/** Sends and reads over several sessions; the connections have to be the same in the end. */
async function renews(bootstrapServers, sasl) {
  const real = nodeEnv({ logLevel: 'fatal', timersKeepAlive: true })
  let connections = 0
  const connect = (...args) => {
    connections += 1
    return real.network.connect(...args)
  }
  const env = { ...real, network: { connect, listen: () => expect(false, 'a client does not listen') } }
  const one = new Kafka({ bootstrapServers, env, sasl })
  open.push(one)
  const topic = 'renewed'
  unwrap((await one.admin().createTopics([{ name: topic, partitionCount: 1 }])).get(topic))
  const producer = one.producer()
  const consumer = one.consumer({ groupId: topic, autoOffsetReset: 'earliest' })
  consumer.subscribe([topic])
  const until = performance.now() + 2.6 * SESSION_MS
  let [sent, received, settled] = [0, 0, 0]
  const reading = (async () => {
    for await (const { value } of consumer) {
      expect(String(value) === String(received), `${value} in place of ${received}`)
      received += 1
      settled ||= connections
      if (performance.now() >= until && received === sent) break
    }
  })()
  reading.catch(() => {})
  while (performance.now() < until) {
    await producer.send({ topic, value: Buffer.from(String(sent)) })
    sent += 1
  }
  await producer.send({ topic, value: Buffer.from(String(sent++)) })
  await reading
  await consumer.close()
  expect(connections === settled, `${connections - settled} more connections`)
}

/** Meanwhile: it mostly waits. */
const renewing = renews(kafka.addressOf('SASLPLAIN'), scram(256))
renewing.catch(() => {})

const ways = [
  ['SASL_PLAINTEXT, PLAIN', 'SASLPLAIN', { sasl: plain('alice') }],
  ['SASL_SSL, PLAIN', 'SASLTLS', { tls, sasl: plain('alice') }],
  ['SASL_SSL, SCRAM-SHA-256', 'SASLTLS', { tls, sasl: scram(256) }],
  ['SASL_SSL, SCRAM-SHA-512', 'SASLTLS', { tls, sasl: scram(512) }],
  ['SASL_SSL, OAUTHBEARER', 'SASLTLS', { tls, sasl: oauth(3600) }],
  ['SSL with a certificate of its own', 'MUTUALTLS', { tls: { ca, ...kafka.authority.issue({ name: 'frank' }) } }],
  [
    'SSL, host name unchecked',
    'MUTUALTLS',
    { tls: { ca, ...kafka.authority.issue({ name: 'frank' }), servername: 'x', verify: 'certificate' } },
  ],
]
for (const [title, listener, options] of ways) {
  await run(`${title}: produce, consume`, async () => void (await roundTrip(listener, options)))
}

await run('sessions that end are renewed on their connections', () => renewing)

await run('what is wrong is refused at once, and said', async () => {
  const sasl = { code: 'SASL_AUTHENTICATION_FAILED' }
  await refused('SASLPLAIN', { sasl: plain('alice', 'wrong') }, { ...sasl, text: /Invalid username or password/ })
  await refused('SASLTLS', { tls, sasl: scram(512, 'wrong') }, { ...sasl, text: /invalid credentials/ })
  await refused(
    'SASLTLS',
    { tls, sasl: { ...scram(256), username: 'nobody' } },
    { ...sasl, text: /invalid credentials/ },
  )
  await refused('SASLTLS', { tls, sasl: oauth(-10) }, { ...sasl, text: /invalid_token/ })
  await refused('PLAINTEXT', { sasl: plain('alice') }, { ...sasl, text: /leave out `sasl`/ })
  const certificate = { code: 'TLS_AUTHENTICATION_FAILED' }
  const other = new CertificateAuthority('Other')
  await refused(
    'SASLTLS',
    { tls: { ca: other.cert }, sasl: plain('alice') },
    { ...certificate, text: /not trusted here/ },
  )
  await refused('SASLTLS', { tls: { ca, servername: 'elsewhere' } }, { ...certificate, text: /for another host/ })
  await refused('MUTUALTLS', { tls }, { ...certificate, text: /certificate of this client/ })
  await refused(
    'MUTUALTLS',
    { tls: { ca, ...other.issue({ name: 'x' }) } },
    { ...certificate, text: /certificate of this client/ },
  )
  await refused('MUTUALTLS', {}, { code: 'FOREIGN_PROTOCOL', text: /speaks TLS/ })
})

await run('TLS to a port without, and no SASL where it is asked for, are told when time is over', async () => {
  const short = { apiTimeoutMs: 2000 }
  const tlsToPlain = await failure(
    client('PLAINTEXT', { ...short, tls })
      .admin()
      .listTopics(),
  )
  expect(/may be without TLS/.test(tlsToPlain.message), tlsToPlain.message)
  const unknown = await failure(client('SASLPLAIN', short).admin().listTopics())
  expect(/may want SASL/.test(unknown.message), unknown.message)
})

await run('ACLs are created, take effect, are described and deleted', async () => {
  const topic = 'guarded'
  unwrap((await admin.createTopics([{ name: topic, partitionCount: 1 }])).get(topic))
  const resource = { resourceType: 'TOPIC', resourceName: 'guard', patternType: 'PREFIXED', host: '*' }
  const bindings = [
    { ...resource, principal: 'User:bob', operation: 'WRITE', permission: 'DENY' },
    { ...resource, principal: 'User:*', operation: 'ALL', permission: 'ALLOW' },
  ]
  for (const outcome of (await admin.acls.create(bindings)).values()) unwrap(outcome)
  const bob = client('SASLPLAIN', { sasl: plain('bob') })
  const denied = await failure(bob.producer({ acks: 1, idempotent: false }).send({ topic, value: Buffer.from('x') }))
  expect(denied.code === 'TOPIC_AUTHORIZATION_FAILED', `${denied.code}: ${denied.message}`)
  const matching = await admin.acls.describe({ resourceType: 'TOPIC', resourceName: topic, patternType: 'MATCH' })
  expect(matching.length === 2, JSON.stringify(matching))
  const [deleted] = await admin.acls.delete([{ resourceName: 'guard', principal: 'User:bob' }])
  expect(
    JSON.stringify(unwrap(deleted)) === JSON.stringify([{ ...matching.find((acl) => acl.principal === 'User:bob') }]),
    JSON.stringify(deleted),
  )
  await bob.producer({ acks: 1, idempotent: false }).send({ topic, value: Buffer.from('x') })
  const bad = [{ ...bindings[0], resourceType: 'CLUSTER', patternType: 'LITERAL', resourceName: 'other' }]
  const [refusal] = (await admin.acls.create(bad)).values()
  expect(refusal.error?.code === 'INVALID_REQUEST', JSON.stringify(refusal))
})

await run('delegation tokens are created, sign in, are renewed and expire', async () => {
  const alice = client('SASLTLS', { tls, sasl: plain('alice') }).admin()
  const token = await alice.delegationTokens.create({ renewers: ['User:bob'], maxLifetimeMs: 3_600_000 })
  expect(token.owner === 'User:alice' && token.hmac.length > 0, JSON.stringify({ ...token, hmac: '' }))
  // The brokers learn of it some time after it was given out.
  const known = async () => (await alice.delegationTokens.describe({ owners: ['User:alice'] }))[0]
  let described = await known()
  while (described === undefined) described = await known()
  expect(described.tokenId === token.tokenId && described.renewers[0] === 'User:bob', described.tokenId)
  const sasl = { mechanism: 'SCRAM-SHA-256', delegationToken: token }
  await roundTrip('SASLTLS', { tls, sasl })
  const bob = client('SASLTLS', { tls, sasl: plain('bob') }).admin()
  const renewedTo = await bob.delegationTokens.renew(token.hmac, { periodMs: 60_000 })
  expect(renewedTo < token.maxAt, `${renewedTo}`)
  await alice.delegationTokens.expire(token.hmac)
  while ((await known()) !== undefined);
  await refused('SASLTLS', { tls, sasl }, { code: 'SASL_AUTHENTICATION_FAILED', text: /invalid credentials/ })
  const anonymous = await failure(admin.delegationTokens.create())
  expect(anonymous.code === 'DELEGATION_TOKEN_REQUEST_NOT_ALLOWED', anonymous.code)
})

await run('members are removed from a group', async () => {
  const one = client('PLAINTEXT')
  const topic = 'members'
  unwrap((await admin.createTopics([{ name: topic, partitionCount: 1 }])).get(topic))
  const consumer = one.consumer({ groupId: topic, groupInstanceId: 'i-1', groupProtocol: 'classic' })
  consumer.subscribe([topic])
  const polling = consumer.poll({ timeoutMs: 10_000 }).catch(() => {})
  for (;;) {
    const found = (await admin.describeGroups([topic])).get(topic)
    if (found.kind === 'done' && found.value.state === 'Stable') break
  }
  unwrap((await admin.removeGroupMembers(topic, [{ instanceId: 'i-1' }], { reason: 'test' })).get('i-1'))
  const missing = (await admin.removeGroupMembers(topic, [{ instanceId: 'none' }])).get('none')
  expect(missing.error?.code === 'UNKNOWN_MEMBER_ID', JSON.stringify(missing))
  await consumer.close()
  await polling
})

await run("ACLs, tokens and credentials read the same in these tools and in Kafka's", async () => {
  const properties = join(kafka.folder, 'alice.properties')
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule'
  const login = `${module} required username="alice" password="${PLAIN_USERS.alice}";`
  writeFileSync(properties, `security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=${login}\n`)
  const anonymous = ['--bootstrap-server', kafka.addressOf('PLAINTEXT')]
  const alice = ['--bootstrap-server', kafka.addressOf('SASLPLAIN'), '--command-config', properties]
  const ours = async (tool, args) => {
    const { code, stdout, stderr } = await command(join(root, 'bin', `${tool}.sh`), args)
    expect(code === 0, `${tool} ended with ${code}: ${stderr}${stdout}`)
    return stdout
  }
  const entry = ['--add', '--allow-principal', 'User:alice', '--producer', '--idempotent', '--topic', 'tools']
  await ours('kafka-acls', [...anonymous, ...entry])
  await ours('kafka-delegation-tokens', [...alice, '--create', '--max-life-time-period', '60000'])
  const tools = [
    ['kafka-acls', 'org.apache.kafka.tools.AclCommand', [...anonymous, '--list']],
    ['kafka-configs', 'kafka.admin.ConfigCommand', [...anonymous, '--describe', '--entity-type', 'users']],
    [
      'kafka-delegation-tokens',
      'org.apache.kafka.tools.DelegationTokenCommand',
      [...alice, '--describe', '--owner-principal', 'User:alice'],
    ],
  ]
  const inAnyOrder = (text) => text.split('\n').sort().join('\n').trim()
  await Promise.all(
    tools.map(async ([tool, main, args]) => {
      const words = ['-XX:TieredStopAtLevel=1', '-Xshare:auto', '-cp', classPath('latest'), main, ...args]
      const [theirs, own] = [(await command('java', words)).stdout, await ours(tool, args)]
      expect(theirs.length > 50 && inAnyOrder(theirs) === inAnyOrder(own), `${tool}: ${theirs} in place of ${own}`)
    }),
  )
})

/** What the oldest broker has of it. */
async function checkOld(old) {
  const at = old.addressOf('SASLPLAIN')
  const renewing = renews(at, plain('alice'))
  renewing.catch(() => {})
  const make = (sasl) => {
    const env = nodeEnv({ logLevel: 'fatal', timersKeepAlive: true })
    const one = new Kafka({
      bootstrapServers: sasl === null ? old.addressOf('PLAINTEXT') : at,
      env,
      sasl: sasl ?? undefined,
    })
    open.push(one)
    return one.admin()
  }
  const wrong = await failure(make(plain('alice', 'wrong')).listTopics())
  expect(wrong.code === 'SASL_AUTHENTICATION_FAILED', `${wrong.code}: ${wrong.message}`)
  const acl = { resourceType: 'TOPIC', resourceName: 'q', patternType: 'PREFIXED', principal: 'User:bob', host: '*' }
  const binding = { ...acl, operation: 'READ', permission: 'ALLOW' }
  const oldAdmin = make(null)
  for (const outcome of (await oldAdmin.acls.create([binding])).values()) unwrap(outcome)
  const covering = await oldAdmin.acls.describe({ resourceType: 'TOPIC', resourceName: 'quux', patternType: 'MATCH' })
  expect(JSON.stringify(covering) === JSON.stringify([binding]), JSON.stringify(covering))
  const bearer = make(oauth(3600)).delegationTokens
  const token = await bearer.create()
  while ((await bearer.describe()).length === 0);
  await make({ mechanism: 'SCRAM-SHA-256', delegationToken: token }).listTopics()
  await renewing
}

await run('Apache Kafka 2.4.1: sessions, ACLs, tokens and what is wrong', async () => {
  const old = await starting
  try {
    await checkOld(old)
  } finally {
    await old.stop('SIGKILL')
    rmSync(old.folder, { recursive: true, force: true })
  }
})

await run('the example signs in', async () => {
  const caFile = join(kafka.folder, 'ca.pem')
  writeFileSync(caFile, ca)
  const env = {
    BOOTSTRAP_SERVERS: kafka.addressOf('SASLTLS'),
    CA_FILE: caFile,
    KAFKA_USER: 'carol',
    KAFKA_PASSWORD: 'scram-secret',
  }
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const program = join(root, 'examples', 'dist', 'secure-connection.js')
  const { stdout, stderr } = await command('env', [...words, process.execPath, program])
  const page = readFileSync(join(root, 'examples', 'expected', 'secure-connection.txt'), 'utf8')
  expect(stdout === page, stdout + stderr)
})

await run("the admin's table names each method of Java's Admin", async () => {
  const table = JSON.parse(readFileSync(join(root, 'packages', 'client', 'golden', 'java-admin.json'), 'utf8'))
  const jars = join(cacheOf('java-v44'), 'jars')
  const jar = join(jars, `kafka-clients-${javaProfiles.v44.version}.jar`)
  const { stdout } = await command('javap', ['-cp', jar, 'org.apache.kafka.clients.admin.Admin'])
  const methods = [...stdout.matchAll(/ (\w+)\(/g)].map(([, name]) => name)
  const unknown = [...new Set(methods)].filter((name) => table[name] === undefined)
  expect(methods.length > 60 && unknown.length === 0, `not in the table: ${unknown.join(', ')}`)
})

for (const one of open) await one.close()
process.exit()
