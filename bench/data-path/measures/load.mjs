/** Cases under our own load generator (bench/load), which runs in a process of its own. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { cpuSeconds, pin, unpin, withTopic, writtenBytes } from '../systems.mjs'

const main = fileURLToPath(new URL('../../load/main.mjs', import.meta.url))
/** Threads of V8 that compile and collect for the generator would take the broker's core, or its own, for slices of 3 to 4 ms. */
const ONE_V8_THREAD = '--v8-pool-size=1'
const GB = 2 ** 30
const MB = 2 ** 20
const LIMIT_MS = 120_000
/** The process that passes records on is new each time, and has to be compiled first. */
const FLOOR_TIMES = { warmMs: 700, durationMs: 1500 }
/** What the quick form reads. */
const QUICK_FILL_BYTES = 32 * MB
const SAMPLE_MS = 100
/** Where both are kept in cases that are pinned. */
const [BROKER_CORE, LOAD_CORE] = [0, 1]
/** More of a core than this, and the load has no time left. */
const BOUND = 0.9

/**
 * Runs the generator. Resolves with its result, and what the broker used from the end of the warm-up on: `cpu` in seconds, `memory` the most that it
 * held in MB, `load` the part of a core that the generator took.
 */
export function generate(broker, load, { core } = {}) {
  const args = [ONE_V8_THREAD, main, JSON.stringify({ bootstrap: broker.bootstrap, ...load })]
  const [command, ...rest] =
    core === undefined ? [process.execPath, ...args] : ['taskset', '-c', String(core), process.execPath, ...args]
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
    const limit = setTimeout(() => child.kill('SIGKILL'), load.limitMs ?? LIMIT_MS)
    let output = ''
    let errors = ''
    let before = null
    let memory = 0
    const watch = setInterval(() => {
      memory = Math.max(memory, broker.residentBytes() / MB)
    }, SAMPLE_MS)
    child.stderr.on('data', (chunk) => (errors += chunk))
    child.stdout.on('data', (chunk) => {
      output += chunk
      if (before === null && output.startsWith('measuring')) {
        before = { cpu: cpuSeconds(broker.pid), written: writtenBytes(broker.pid) }
      }
    })
    child.on('close', (code) => {
      clearTimeout(limit)
      clearInterval(watch)
      if (code !== 0) return reject(new Error(`the load generator ended with ${code}: ${errors.slice(-2000)}`))
      const result = JSON.parse(output.slice(output.indexOf('\n')))
      resolve({
        ...result,
        cpu: cpuSeconds(broker.pid) - before.cpu,
        written: writtenBytes(broker.pid) - before.written,
        memory: Math.max(memory, broker.residentBytes() / MB),
        load: result.loadCpuSeconds / result.seconds,
        // On its core the generator had no time left: it, not the broker, set the rate.
        isBoundByLoad: result.loadCpuSeconds / result.seconds > BOUND,
      })
    })
  })
}

async function pinned(context, { isPinned }, use) {
  if (!isPinned) return await use({})
  pin(context.broker.pid, BROKER_CORE)
  try {
    return await use({ core: LOAD_CORE })
  } finally {
    unpin(context.broker.pid)
  }
}

const throughput = (result) => ({
  rate: result.bytes / result.seconds / MB,
  cpu: (result.cpu / result.bytes) * GB,
  memory: result.memory,
  load: result.load,
  isBoundByLoad: result.isBoundByLoad,
})

export async function produce(context, load) {
  return await withTopic(context, load.partitions, (topic) =>
    pinned(context, load, async (place) => {
      const result = await generate(context.broker, { ...load, ...context.times, kind: 'produce', topic }, place)
      return { ...throughput(result), written: result.written / result.bytes }
    }),
  )
}

export async function requests(context, load) {
  return await withTopic(context, load.partitions, (topic) =>
    pinned(context, load, async (place) => {
      const result = await generate(context.broker, { ...load, ...context.times, kind: 'produce', topic }, place)
      return {
        perSecond: result.requests / result.seconds,
        cpu: (result.cpu / result.requests) * 1e6,
        load: result.load,
        isBoundByLoad: result.isBoundByLoad,
      }
    }),
  )
}

/** Writes what is read then; how many records that were. */
async function fill(context, load, topic) {
  const bytes = context.isQuick ? Math.min(load.fillBytes, QUICK_FILL_BYTES) : load.fillBytes
  const records = Math.floor(bytes / load.recordBytes)
  const how = { acks: 1, connections: 1, inFlight: 5, isFollowing: false }
  await generate(context.broker, { ...load, ...how, kind: 'produce', topic, records })
  return records
}

/** Fills a topic, and reads it over and over. Cold: the first read after a restart. */
export async function fetch(context, load) {
  return await withTopic(context, load.partitions, async (topic) => {
    const records = await fill(context, load, topic)
    if (load.isCold) {
      await context.restart()
      return throughput(await generate(context.broker, { ...load, kind: 'fetch', topic, records: records * 0.95 }))
    }
    return await pinned(context, load, async (place) =>
      throughput(await generate(context.broker, { ...load, ...context.times, kind: 'fetch', topic }, place)),
    )
  })
}

/** Writes while it reads: what is written, as it comes, or another topic with old records. Rates and costs are of both together. */
export async function both(context, load) {
  const withRead = load.isFollowing
    ? (use) => withTopic(context, load.partitions, (topic) => use(topic, topic))
    : (use) => withTopic(context, load.partitions, (read) => withTopic(context, load.partitions, (to) => use(read, to)))
  return await withRead(async (read, to) => {
    if (!load.isFollowing) await fill(context, load, read)
    return await pinned(context, load, async (place) => {
      const [out, back] = await Promise.all(
        [
          { kind: 'produce', topic: to },
          { kind: 'fetch', topic: read },
        ].map((each) => generate(context.broker, { ...load, ...context.times, ...each }, place)),
      )
      const isBoundByLoad = out.isBoundByLoad || back.isBoundByLoad
      return throughput({ ...out, bytes: out.bytes + back.bytes, load: out.load + back.load, isBoundByLoad })
    })
  })
}

/** Beside it the floor of the generator at this moment: what it measures on a process that only passes records on. */
export async function latency(context, load) {
  return await withTopic(context, 1, (topic) =>
    pinned(context, load, async (place) => {
      const run = (kind, times) => generate(context.broker, { ...load, ...times, kind, topic }, place)
      const { p50, p99, p999, max } = await run('latency', context.times)
      const floor = await run('floor', { ...FLOOR_TIMES, relayCore: load.isPinned ? BROKER_CORE : undefined })
      const floors = { floorP50: floor.p50, floorP99: floor.p99, floorP999: floor.p999 }
      return { p50, p99, p999, max, addedP50: p50 - floor.p50, ...floors }
    }),
  )
}
