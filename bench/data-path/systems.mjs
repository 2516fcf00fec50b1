/** What is compared, each in a process of its own, and what a process costs. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { API_KEYS, ErrorCode } from '@ottla/protocol'
import { startApacheKafka } from '../../scripts/lib/apache-kafka.mjs'
import { startBroker } from '../../scripts/lib/test-broker.mjs'
import { Wire } from '../load/wire.mjs'

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
const RETRY_MS = 20
/** Deleted topics leave the disk soon on both. */
const SETTINGS = { 'log.segment.delete.delay.ms': '1000' }
const KAFKA_SETTINGS = {
  ...SETTINGS,
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
}

async function ottla(durability, options = {}) {
  return await startBroker({ ...options, settings: { ...SETTINGS, 'ottla.durability': durability } })
}

async function kafka(options = {}) {
  const started = await startApacheKafka({ ...options, settings: KAFKA_SETTINGS })
  await started.started
  return started
}

/**
 * By the key of the results. `again` is Ottla a second time: how far it is from the first is the noise of the machine. All but
 * `fsync` acknowledge from the page cache; `fsync` is what Ottla does unless it is told otherwise.
 */
export const systems = {
  ottla: { title: 'Ottla', start: (options) => ottla('replicated', options) },
  kafka: { title: 'Apache Kafka 4.3.1', start: kafka },
  again: { title: 'Ottla again', start: (options) => ottla('replicated', options) },
  fsync: { title: 'Ottla, fsync (its default)', start: (options) => ottla('fsync', options) },
}

/** User and system time of a process so far, in seconds. */
export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Bytes that a process has caused to be written to disks so far. */
export function writtenBytes(pid) {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))[1])
}

/** Keeps all threads of a process on one core. */
export function pin(pid, core) {
  const { status, stderr } = spawnSync('taskset', ['-a', '-cp', String(core), String(pid)], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`taskset: ${stderr}`)
}

export function unpin(pid) {
  spawnSync('taskset', ['-a', '-cp', '0-1023', String(pid)])
}

export async function createTopic(bootstrap, name, { partitions = 1, configs = {} } = {}) {
  const wire = await Wire.open(bootstrap)
  const { topics } = await wire.ask(API_KEYS.CreateTopics, 5, {
    topics: [
      {
        name,
        numPartitions: partitions,
        replicationFactor: 1,
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs: 120_000,
  })
  if (topics[0].errorCode !== 0) throw new Error(`${name}: error ${topics[0].errorCode}`)
  await untilLed(wire, name, partitions)
  wire.close()
}

/** A topic that was made is not at once known to all of the broker: until then it refuses what is sent to it. */
async function untilLed(wire, name, partitions) {
  const asked = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }))
  for (;;) {
    const answer = await wire.ask(API_KEYS.ListOffsets, 5, { replicaId: -1, topics: [{ name, partitions: asked }] })
    if (answer.topics[0].partitions.every(({ errorCode }) => errorCode === ErrorCode.NONE)) return
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}

async function deleteTopic(bootstrap, name) {
  const wire = await Wire.open(bootstrap)
  await wire.ask(API_KEYS.DeleteTopics, 5, { topicNames: [name], timeoutMs: 120_000 })
  wire.close()
}

/** Uses a topic of its own, which is deleted afterwards. `context`: { broker, nextId }. */
export async function withTopic({ broker, nextId }, partitions, use) {
  const topic = `case-${nextId()}`
  await createTopic(broker.bootstrap, topic, { partitions })
  try {
    return await use(topic)
  } finally {
    await deleteTopic(broker.bootstrap, topic)
  }
}

export async function stopAndForget(broker, signal) {
  await broker.stop(signal)
  rmSync(broker.folder, { recursive: true, force: true })
}
