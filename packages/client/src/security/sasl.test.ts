import { deepEqual, doesNotMatch, equal, match, ok, rejects, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Simulation } from '@ottla/sim'
import { AuthenticationError } from '../errors.ts'
import { FakeCluster } from '../fake-cluster.test.ts'
import { Kafka } from '../kafka.ts'
import type { KafkaOptions } from '../kafka-options.ts'
import type { SaslOptions } from './sasl-options.ts'

const PLAIN: SaslOptions = { mechanism: 'PLAIN', username: 'ann', password: 'right' }
const SCRAM: SaslOptions = { mechanism: 'SCRAM-SHA-256', username: 'ann', password: 'right' }
const COUNT = 1000
const BEARER: SaslOptions = { mechanism: 'OAUTHBEARER', token: async () => ({ value: 'good', lifetimeMs: 60_000 }) }

interface World {
  readonly simulation: Simulation
  readonly fake: FakeCluster
  kafka(options?: Partial<KafkaOptions>): Kafka
}

function world(body: (world: World) => Promise<void>, sessionLifetimeMs?: number) {
  return async () => {
    for (let seed = 0; seed < 5; seed += 1) {
      const simulation = new Simulation({ seed })
      await simulation.run(async () => {
        const fake = new FakeCluster(simulation, 2)
        fake.sasl = { users: { ann: 'right' }, ...(sessionLifetimeMs !== undefined && { sessionLifetimeMs }) }
        await fake.start()
        const made: Kafka[] = []
        const kafka = (options: Partial<KafkaOptions> = {}) => {
          const one = new Kafka({ bootstrapServers: fake.bootstrapServers, env: simulation.env('client'), ...options })
          made.push(one)
          return one
        }
        await body({ simulation, fake, kafka })
        for (const one of made) await one.close()
      })
    }
  }
}

for (const [name, sasl] of Object.entries({ PLAIN, SCRAM, BEARER })) {
  test(
    `a client that says who it is by ${name} is served`,
    world(async ({ fake, kafka }) => {
      const { partitions } = fake.createTopic('t', 2)
      const producer = kafka({ sasl }).producer()
      for (const partition of [0, 1]) await producer.send({ topic: 't', partition, value: Buffer.from('v') })
      deepEqual([partitions[0]!.endOffset, partitions[1]!.endOffset], [1, 1])
      deepEqual(fake.trespasses, [])
    }),
  )
}

test(
  'a wrong password fails all calls at once, and is told without the password',
  world(async ({ simulation, fake, kafka }) => {
    fake.createTopic('t', 1)
    for (const wrong of [
      { ...PLAIN, password: 'WRONG' },
      { ...SCRAM, password: 'WRONG' },
    ] as SaslOptions[]) {
      const one = kafka({ sasl: wrong })
      const startedAt = simulation.now
      const failures = await Promise.all([
        one
          .producer()
          .send({ topic: 't', value: Buffer.from('v') })
          .catch((error) => error),
        one
          .admin()
          .listTopics()
          .catch((error) => error),
        one
          .consumer({ groupId: 'g' })
          .committed([{ topic: 't', partition: 0 }])
          .catch((error) => error),
      ])
      for (const error of failures) {
        ok(error instanceof AuthenticationError, inspect(error))
        equal(error.code, 'SASL_AUTHENTICATION_FAILED')
        equal(error.retriable, false)
        match(error.message, /^SASL (PLAIN|SCRAM-SHA-256) with b\d:9092 failed: .*(I|i)nvalid/)
        doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /WRONG/)
      }
      ok(simulation.now - startedAt < 2000)
    }
  }),
)

test(
  'records for a broker that refuses the client fail, and are not kept until their time is over',
  world(async ({ simulation, fake, kafka }) => {
    fake.createTopic('t', 2)
    const one = kafka({ sasl: PLAIN })
    const producer = one.producer()
    await producer.send({ topic: 't', partition: 0, value: Buffer.from('v') })
    fake.sasl = { users: { ann: 'another' } }
    const startedAt = simulation.now
    await rejects(producer.send({ topic: 't', partition: 1, value: Buffer.from('v') }), AuthenticationError)
    ok(simulation.now - startedAt < 2000)
  }),
)

test(
  'a mechanism that the broker does not serve is told with those that it serves',
  world(async ({ kafka }) => {
    const sasl: SaslOptions = { mechanism: 'SCRAM-SHA-512', username: 'ann', password: 'right' }
    await rejects(kafka({ sasl }).admin().listTopics(), {
      code: 'UNSUPPORTED_SASL_MECHANISM',
      message: /does not serve SASL SCRAM-SHA-512, but: PLAIN, SCRAM-SHA-256, OAUTHBEARER/,
    })
  }),
)

test(
  'a token that is refused is final; a provider that fails is asked again',
  world(async ({ kafka }) => {
    const refused: SaslOptions = { mechanism: 'OAUTHBEARER', token: async () => ({ value: 'bad' }) }
    await rejects(kafka({ sasl: refused }).admin().listTopics(), { message: /\{"status":"invalid_token"\}/ })
    let asked = 0
    const token = async () => {
      asked += 1
      if (asked < 3) throw new Error('the identity provider is away')
      return { value: 'good', lifetimeMs: 60_000 }
    }
    await kafka({ sasl: { mechanism: 'OAUTHBEARER', token } })
      .admin()
      .listTopics()
    equal(asked, 3)
  }),
)

test(
  'a session is renewed before it ends, on the same connection, with no request lost and none on the wrong side',
  world(async ({ simulation, fake, kafka }) => {
    const { partitions } = fake.createTopic('t', 2)
    const producer = kafka({ sasl: SCRAM }).producer({ lingerMs: 0 })
    const sent: Promise<unknown>[] = []
    for (let at = 0; at < COUNT; at += 1) {
      sent.push(producer.send({ topic: 't', partition: at % 2, value: Buffer.from(String(at)) }))
      // As long as a step of the exchange or less: some are asked for in the midst of one.
      await simulation.sleep(0.4)
    }
    await Promise.all(sent)
    deepEqual(
      partitions.flatMap((partition) => partition.values()).sort((a, b) => Number(a) - Number(b)),
      Array.from({ length: COUNT }, (_, at) => String(at)),
    )
    deepEqual(fake.trespasses, [])
    const renewed = fake.sessions.filter(({ authentications }) => authentications > 3)
    equal(renewed.length >= 2, true, 'the connections of the producer are the same all along')
    ok(fake.sessions.length <= 5)
  }, 100),
)

test(
  'a connection that was quiet beyond the end of its session authenticates first, and is not closed',
  world(async ({ simulation, fake, kafka }) => {
    const one = kafka({ sasl: PLAIN })
    await one.admin().listTopics()
    const connections = fake.sessions.length
    await simulation.sleep(5000)
    await one.admin().listTopics()
    deepEqual(fake.trespasses, [])
    equal(fake.sessions.length, connections)
  }, 1000),
)

test(
  'when credentials cannot be had, the connection serves to the end of its session, and comes back with new ones',
  world(async ({ simulation, fake, kafka }) => {
    let isAway = false
    const token = async () => {
      if (isAway) throw new Error('away')
      return { value: 'good', lifetimeMs: 1000 }
    }
    const one = kafka({ sasl: { mechanism: 'OAUTHBEARER', token } })
    await one.admin().listTopics()
    isAway = true
    for (let at = 0; at < 9; at += 1) {
      await simulation.sleep(100)
      await one.admin().listTopics()
    }
    const late = one.admin().listTopics()
    await simulation.sleep(3000)
    isAway = false
    await late
    await one.admin().listTopics()
    deepEqual(fake.trespasses, [])
  }, 1000),
)

test(
  'a listener without SASL is told, and so is one that wants it',
  world(async ({ fake, kafka }) => {
    await rejects(kafka({ apiTimeoutMs: 500 }).admin().listTopics(), {
      message: /closed the connection; its listener may want SASL/,
    })
    fake.sasl = null
    await rejects(kafka({ sasl: PLAIN }).admin().listTopics(), { message: /leave out `sasl`, or check the port/ })
  }),
)

test(
  'a client shows its secrets to nobody, whatever is looked at',
  world(async ({ kafka }) => {
    const one = kafka({ sasl: { ...PLAIN, password: 'SECRET' } as SaslOptions })
    for (const shown of [one, one.admin(), one.producer(), one.consumer()]) {
      doesNotMatch(inspect(shown, { depth: 20, showHidden: true }), /SECRET/)
    }
  }),
)

test(
  'a refused client does not knock again by itself',
  world(async ({ simulation, fake, kafka }) => {
    fake.createTopic('t', 1)
    const one = kafka({ sasl: { ...PLAIN, password: 'wrong' } as SaslOptions })
    await rejects(one.producer().send({ topic: 't', value: Buffer.from('v') }), AuthenticationError)
    await simulation.sleep(2000)
    const knocks = fake.sessions.length
    await simulation.sleep(60_000)
    equal(fake.sessions.length, knocks)
  }),
)

test('options that cannot be used are refused when the client is made', () => {
  const make = (sasl: unknown) => () => new Kafka({ bootstrapServers: 'b:1', sasl: sasl as SaslOptions })
  throws(make({ mechanism: 'GSSAPI' }), /one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, not GSSAPI/)
  throws(make({ mechanism: 'PLAIN', username: 'u' }), /`username` and `password` are texts/)
  throws(make({ mechanism: 'OAUTHBEARER' }), /`token` or `clientCredentials`/)
  const http = { tokenEndpoint: 'http://idp.example/token', clientId: 'a', clientSecret: 'b' }
  throws(make({ mechanism: 'OAUTHBEARER', clientCredentials: http }), /without TLS: use https:/)
})
