/** What a broker costs that does nothing, and what each thing costs that lies idle on it. */

import { API_KEYS } from '@ottla/protocol'
import { commitOffsets } from '../../coordinators/offsets.mjs'
import { Wire } from '../../load/wire.mjs'
import { cpuSeconds, createTopic } from '../systems.mjs'

const MB = 2 ** 20
const KB = 2 ** 10
const SETTLE_MS = 2000
const WATCH_MS = 3000

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
  return idle(context, count, () => createTopic(context.broker.bootstrap, 'idle', { partitions: count }))
}

export async function idleConnections(context, { count }) {
  const wires = []
  const figures = await idle(context, count, async () => {
    for (let i = 0; i < count; i += 1) {
      const wire = await Wire.open(context.broker.bootstrap)
      await wire.ask(API_KEYS.ApiVersions, 3, { clientSoftwareName: 'idle', clientSoftwareVersion: '1' })
      wires.push(wire)
    }
  })
  for (const wire of wires) wire.close()
  return figures
}

export async function idleGroups(context, { count }) {
  await createTopic(context.broker.bootstrap, 'commits')
  return await idle(context, count, () => commitOffsets(context.broker.bootstrap, { groups: count, single: 'commits' }))
}
