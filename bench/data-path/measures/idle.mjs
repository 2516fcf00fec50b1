/** What a broker costs that does nothing, and what each thing costs that lies idle on it. */

import { API_KEYS } from '@ottla/protocol'
import { commitOffsets } from '../../coordinators/offsets.mjs'
import { Wire } from '../../load/wire.mjs'
import { cpuSeconds, createTopic } from '../systems.mjs'

const MB = 2 ** 20
const KB = 2 ** 10
const SETTLE_MS = 2000
const WATCH_MS = 3000
const TOPIC_PARTITIONS = 500
const CONNECTED_AT_ONCE = 50

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

export async function rest({ broker }) {
  await sleep(SETTLE_MS)
  return { memory: broker.residentBytes() / MB }
}

/** Memory of each of what `make` makes, and the time that the broker takes while nobody asks for anything. */
async function idle({ broker }, count, make) {
  await sleep(SETTLE_MS)
  const before = broker.residentBytes()
  await make()
  await sleep(SETTLE_MS)
  const memory = (broker.residentBytes() - before) / count / KB
  const [since, cpu] = [performance.now(), cpuSeconds(broker.pid)]
  await sleep(WATCH_MS)
  return { memory, cpu: ((cpuSeconds(broker.pid) - cpu) / (performance.now() - since)) * 1e5 }
}

export function idlePartitions(context, { count }) {
  return idle(context, count, async () => {
    for (let at = 0; at < count; at += TOPIC_PARTITIONS)
      await createTopic(context.broker.bootstrap, `idle-${at}`, { partitions: TOPIC_PARTITIONS })
  })
}

export async function idleConnections(context, { count }) {
  const wires = []
  const connectOne = async () => {
    const wire = await Wire.open(context.broker.bootstrap)
    wires.push(wire)
    await wire.ask(API_KEYS.ApiVersions, 3, { clientSoftwareName: 'idle', clientSoftwareVersion: '1' })
  }
  const figures = await idle(context, count, async () => {
    while (wires.length < count) await Promise.all(Array.from({ length: CONNECTED_AT_ONCE }, connectOne))
  })
  for (const wire of wires) wire.close()
  return figures
}

export async function idleGroups(context, { count }) {
  await createTopic(context.broker.bootstrap, 'commits')
  return await idle(context, count, () => commitOffsets(context.broker.bootstrap, { groups: count, single: 'commits' }))
}
