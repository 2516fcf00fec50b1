/** The systems that the suite runs against: each is started from this repository's build or from its jars, with one broker. */
import { rmSync } from 'node:fs'
import { BRIEFLY, startApacheKafka } from '../../../scripts/lib/apache-kafka.mjs'
import { startApacheKafka24 } from '../../../scripts/lib/apache-kafka-2.4.mjs'
import { cacheOf } from '../../../scripts/lib/clients.mjs'
import { startBroker } from '../../../scripts/lib/test-broker.mjs'

/** What all have: coordinators with few partitions load fast, and transactions that time out are aborted soon. */
const SETTINGS = {
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.num.partitions': '4',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
  'group.min.session.timeout.ms': '1000',
  // Records here bear times of long ago: a check of retention, 30 s after a start and then every 5 minutes, would delete them.
  'log.retention.ms': '-1',
}

/** Beyond 2.4: shorter than the defaults wherever a case waits for the end of something. */
export const NEWER_SETTINGS = {
  ...SETTINGS,
  'share.coordinator.state.topic.num.partitions': '4',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.share.min.record.lock.duration.ms': '1000',
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.min.heartbeat.interval.ms': '200',
  'group.consumer.heartbeat.interval.ms': '500',
  'group.share.heartbeat.interval.ms': '1000',
  'group.share.min.heartbeat.interval.ms': '500',
}

/** A broker that comes again is taken in when the session of the one before is over. */
export const KRAFT_SETTINGS = {
  ...NEWER_SETTINGS,
  'broker.session.timeout.ms': '4000',
  'broker.heartbeat.interval.ms': '300',
}

/** By the word on the command line. `restart` ends the broker and starts it again, on the same port and folder. */
export const SYSTEMS = {
  ottla: {
    title: 'Ottla',
    needs: [],
    start: () =>
      restartable((last) => startBroker({ settings: { 'node.id': '1', ...NEWER_SETTINGS }, ...last }), 'SIGKILL'),
  },
  kafka: {
    title: 'Apache Kafka 4.3.1',
    needs: [cacheOf('java-latest')],
    start: () =>
      restartable(async (last) => {
        const server = await startApacheKafka({ heap: '512m', settings: KRAFT_SETTINGS, jvm: BRIEFLY, ...last })
        await server.started
        return server
      }, 'SIGTERM'),
  },
  'kafka-2.4': {
    title: 'Apache Kafka 2.4.1',
    needs: [cacheOf('java-v24')],
    start: async () => {
      const server = await startApacheKafka24({ settings: SETTINGS, jvm: BRIEFLY })
      return {
        bootstrap: server.bootstrap,
        restart: (signal) => server.restart(signal),
        async stop() {
          await server.stop('SIGKILL')
          rmSync(server.folder, { recursive: true, force: true })
        },
      }
    },
  },
}

async function restartable(start, usual) {
  let server = await start({})
  const { port, folder, bootstrap } = server
  return {
    bootstrap,
    async restart(signal = usual) {
      await server.stop(signal)
      server = await start({ port, folder })
    },
    async stop() {
      await server.stop('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
