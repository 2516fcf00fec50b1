import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Simulation } from '@ottla/sim'
import { Cluster } from '../cluster/cluster.ts'
import { FakeCluster } from '../fake-cluster.test.ts'
import { clusterOptions } from '../kafka-options.ts'

function world(body: (world: { simulation: Simulation; fake: FakeCluster; cluster: Cluster }) => Promise<void>) {
  return async () => {
    for (let seed = 0; seed < 5; seed += 1) {
      const simulation = new Simulation({ seed })
      await simulation.run(async () => {
        const fake = new FakeCluster(simulation, 3)
        await fake.start()
        const bootstrapServers = 'b1:9092'
        const cluster = new Cluster(simulation.env('client'), clusterOptions({ bootstrapServers }))
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
