import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import { Simulation } from '@ottla/sim'
import { Cluster } from '../cluster/cluster.ts'
import { FakeCluster } from '../fake-cluster.test.ts'
import { Kafka } from '../kafka.ts'
import { clusterOptions, type KafkaOptions } from '../kafka-options.ts'

function world(
  body: (world: { simulation: Simulation; fake: FakeCluster; cluster: Cluster }) => Promise<void>,
  options: Partial<KafkaOptions> = {},
) {
  return async () => {
    for (let seed = 0; seed < 5; seed += 1) {
      const simulation = new Simulation({ seed })
      await simulation.run(async () => {
        const fake = new FakeCluster(simulation, 3)
        await fake.start()
        const bootstrapServers = 'b1:9092'
        const cluster = new Cluster(simulation.env('client'), clusterOptions({ bootstrapServers, ...options }))
        await body({ simulation, fake, cluster })
        cluster.close()
      })
    }
  }
}

test(
  'all brokers are learned from one, and asked when that one is gone',
  world(async ({ simulation, fake, cluster }) => {
    fake.createTopic('t', 3)
    const context = () => cluster.context({})
    await cluster.metadata.loadTopic('t', context())
    deepEqual([...cluster.metadata.current.brokers.keys()], [1, 2, 3])
    simulation.host('b1').crash('process')
    fake.createTopic('u', 1)
    equal((await cluster.metadata.loadTopic('u', context())).name, 'u')
  }),
)

test(
  'when all known brokers are gone, the bootstrap servers are asked again',
  world(async ({ simulation, fake, cluster }) => {
    fake.createTopic('t', 1)
    await cluster.metadata.loadTopic('t', cluster.context({}))
    for (const id of [1, 2, 3]) simulation.host(`b${id}`).crash('process')
    fake.createTopic('u', 1)
    const loading = cluster.metadata.loadTopic('u', cluster.context({}))
    await simulation.sleep(5000)
    await fake.startBroker(1)
    equal((await loading).name, 'u')
  }),
)

test(
  'many callers share one request, and many complaints one refresh',
  world(async ({ simulation, fake, cluster }) => {
    fake.createTopic('t', 1)
    await Promise.all(Array.from({ length: 10 }, () => cluster.metadata.loadTopic('t', cluster.context({}))))
    equal(fake.requests.length, 1)
    for (let at = 0; at < 10; at += 1) cluster.metadata.invalidate()
    await simulation.sleep(50)
    for (let at = 0; at < 10; at += 1) cluster.metadata.invalidate()
    await simulation.sleep(30)
    equal(fake.requests.length, 2)
    await simulation.sleep(1000)
    equal(fake.requests.length, 3)
  }),
)

test(
  'a leader that a broker names counts at once, an older one never again',
  world(async ({ fake, cluster }) => {
    fake.createTopic('t', 1)
    await cluster.metadata.loadTopic('t', cluster.context({}))
    cluster.metadata.learnLeader({ topic: 't', partition: 0, leader: 3, leaderEpoch: 7, nodes: [] })
    equal(cluster.metadata.leader('t', 0)?.node.id, 3)
    cluster.metadata.learnLeader({ topic: 't', partition: 0, leader: 2, leaderEpoch: 6, nodes: [] })
    await cluster.metadata.load(['t'], cluster.context({}))
    equal(cluster.metadata.leader('t', 0)?.node.id, 3)
  }),
)

test(
  'metadata that is old is asked for again, while the old serves',
  world(async ({ simulation, fake, cluster }) => {
    const { partitions } = fake.createTopic('t', 1)
    await cluster.metadata.loadTopic('t', cluster.context({}))
    await simulation.sleep(300_001)
    fake.moveLeader(partitions[0]!)
    ok(cluster.metadata.topic('t'))
    await simulation.sleep(500)
    equal(cluster.metadata.leader('t', 0)?.node.id, partitions[0]!.leader)
  }),
)

/** Brokers 2 and 3 belong together; 1 is the bootstrap server alone. */
function apart(fake: FakeCluster): void {
  fake.describe = () => ({ clusterId: 'old', brokerIds: [2, 3] })
}

test(
  'without re-bootstrapping, the bootstrap servers are asked only as long as nobody else is known',
  world(
    async ({ simulation, fake, cluster }) => {
      apart(fake)
      fake.createTopic('t', 1)
      await cluster.metadata.loadTopic('t', cluster.context({}))
      for (const id of [2, 3]) simulation.host(`b${id}`).crash('process')
      const startedAt = fake.requests.length
      await rejects(cluster.metadata.load(['t'], cluster.context({ timeoutMs: 20_000 })), { code: 'TIMEOUT' })
      equal(fake.requests.length, startedAt)
    },
    { metadataRecoveryStrategy: 'none' },
  ),
)

test(
  'brokers that accept and say nothing are passed over for the bootstrap servers when it takes too long',
  world(
    async ({ simulation, fake, cluster }) => {
      apart(fake)
      fake.createTopic('t', 1)
      await cluster.metadata.loadTopic('t', cluster.context({}))
      await cluster.metadata.load([], cluster.context({}))
      for (const id of [2, 3]) simulation.host(`b${id}`).pause(600_000)
      fake.describe = () => ({ clusterId: 'old', brokerIds: [1] })
      const startedAt = simulation.now
      await cluster.metadata.load(['t'], cluster.context({}))
      ok(simulation.now - startedAt < 12_000, `${simulation.now - startedAt}`)
      deepEqual([...cluster.metadata.current.brokers.keys()], [1])
    },
    { requestTimeoutMs: 10_000, metadataRecoveryRebootstrapTriggerMs: 5000 },
  ),
)

test(
  'a broker that demands it sends the client back to the bootstrap servers, and what was under way goes on there',
  world(async ({ simulation, fake, cluster }) => {
    apart(fake)
    const { partitions } = fake.createTopic('t', 1)
    partitions[0]!.leader = 2
    partitions[0]!.leaderEpoch = 50
    await using kafka = new Kafka({ bootstrapServers: 'b1:9092', env: simulation.env('client') })
    const producer = kafka.producer()
    await producer.send({ topic: 't', value: Buffer.from('old') })
    await cluster.metadata.loadTopic('t', cluster.context({}))
    // The cluster moves: another id, another broker, other epochs; the old brokers are still there, and refuse.
    fake.describe = (id) =>
      id === 1
        ? { clusterId: 'new', brokerIds: [1] }
        : { clusterId: 'old', brokerIds: [2, 3], errorCode: ErrorCode.REBOOTSTRAP_REQUIRED }
    partitions[0]!.leader = 1
    partitions[0]!.leaderEpoch = 3
    await cluster.metadata.load(['t'], cluster.context({}))
    equal(cluster.metadata.leader('t', 0)?.node.id, 1)
    equal(cluster.metadata.leader('t', 0)?.leaderEpoch, 3)
    await producer.send({ topic: 't', value: Buffer.from('new') })
    deepEqual(partitions[0]!.values(), ['old', 'new'])
  }),
)

test(
  'when the bootstrap servers demand it too, the client asks on until its time is over; without re-bootstrapping it fails at once',
  world(async ({ simulation, fake, cluster }) => {
    fake.createTopic('t', 1)
    fake.describe = () => ({ clusterId: 'c', brokerIds: [1], errorCode: ErrorCode.REBOOTSTRAP_REQUIRED })
    await rejects(cluster.metadata.loadTopic('t', cluster.context({ timeoutMs: 2000 })), { code: 'TIMEOUT' })
    ok(fake.requests.length > 3)
    const options = clusterOptions({ bootstrapServers: 'b1:9092', metadataRecoveryStrategy: 'none' })
    const strict = new Cluster(simulation.env('other'), options)
    await rejects(strict.metadata.loadTopic('t', strict.context({})), { code: 'REBOOTSTRAP_REQUIRED' })
    strict.close()
  }),
)
