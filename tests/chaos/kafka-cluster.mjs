/** Three brokers of Apache Kafka, of which one at a time goes and comes again: leaders and coordinators move to the others. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka } from '@ottla/client'
import { BRIEFLY, startApacheKafka } from '../../scripts/lib/apache-kafka.mjs'
import { cacheOf } from '../../scripts/lib/clients.mjs'
import { freePort } from '../../scripts/lib/test-broker.mjs'
import { KRAFT_SETTINGS } from '../suite/support/systems.mjs'

const BROKERS = [1, 2, 3]
const SETTINGS = {
  ...KRAFT_SETTINGS,
  'broker.session.timeout.ms': '3000',
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'transaction.state.log.replication.factor': '3',
  'transaction.state.log.min.isr': '2',
  'share.coordinator.state.topic.replication.factor': '3',
  'share.coordinator.state.topic.min.isr': '2',
}
const WAIT_MS = 90_000

async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'apache-kafka-cluster-'))
  const ports = []
  for (const id of BROKERS) ports.push({ id, broker: await freePort(), controller: await freePort() })
  const voters = ports.map(({ id, controller }) => `${id}@127.0.0.1:${controller}`).join(',')
  const startBroker = ({ id, broker, controller }) =>
    startApacheKafka({
      folder: mkdtempSync(join(folder, `${id}-`)),
      port: broker,
      heap: '384m',
      jvm: BRIEFLY,
      settings: {
        ...SETTINGS,
        'node.id': String(id),
        'controller.quorum.voters': voters,
        listeners: `PLAINTEXT://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}`,
        'log.dirs': join(folder, `data-${id}`),
      },
    })
  const servers = new Map()
  // A broker alone is no quorum: it is started when the second is.
  for (const each of ports) {
    servers.set(each.id, await startBroker(each))
    if (each.id > 1) await servers.get(each.id).started
  }
  await servers.get(1).started
  const bootstrap = ports.map(({ broker }) => `127.0.0.1:${broker}`).join(',')
  const watch = new Kafka({ bootstrapServers: bootstrap })
  let turn = 0
  return {
    bootstrap,
    async restart(signal) {
      const each = ports[turn++ % ports.length]
      await servers.get(each.id).stop(signal)
      servers.set(each.id, await startBroker(each))
      await servers.get(each.id).started
      await allInSync(watch)
      return `broker ${each.id} ${signal}`
    },
    async stop() {
      await watch.close()
      await Promise.all([...servers.values()].map((server) => server.stop('SIGKILL')))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** With all replicas in sync the next broker may go without a loss. */
async function allInSync(kafka) {
  const admin = kafka.admin()
  const end = performance.now() + WAIT_MS
  for (;;) {
    const names = (await admin.listTopics()).map(({ name }) => name)
    const described = [...(await admin.describeTopics(names)).values()]
    const partitions = described.flatMap((outcome) => (outcome.kind === 'done' ? outcome.value.partitions : []))
    if (partitions.every(({ isr, replicas }) => isr.length === replicas.length)) return
    if (performance.now() > end) throw new Error('the replicas do not come into sync')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

export const KAFKA_CLUSTER = { title: 'Apache Kafka 4.3.1, three brokers', needs: [cacheOf('java-latest')], start }
