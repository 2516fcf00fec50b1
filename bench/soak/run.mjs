/**
 * npm run bench -- soak [minutes]: half of what the machine can do, written and read as it comes, for 20 minutes or as long as is said, with connections that come and go, and the
 * broker's memory watched. Old records are deleted as it goes, and segments roll. Ends with 1 when memory, heap, descriptors or threads grow, as computed from
 * the slope of their samples after a quarter of the time.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { API_KEYS } from '@ottla/protocol'
import { freePort, startBroker } from '../../scripts/lib/test-broker.mjs'
import { say } from '../../scripts/lib/workspace.mjs'
import { generate } from '../data-path/measures/load.mjs'
import { createTopic, stopAndForget } from '../data-path/systems.mjs'
import { Wire } from '../load/wire.mjs'
import { flatness, floorsOf } from './flatness.mjs'

const minutes = Number(process.argv[2] ?? 20)
if (!(minutes > 0)) throw new Error(`minutes is a number above 0, not ${process.argv[2]}`)
const SAMPLE_MS = 1000
const VISIT_MS = 100
const RECORD_BYTES = 1000
const MB = 2 ** 20
/** Of each figure the least in so many seconds: what is above it is mostly garbage that was not collected yet. */
const STRETCH_SECONDS = Math.min(30, Math.max(5, minutes * 7))
/** Growth over the time that counts, as a part of the median or in itself, that is taken for none. */
const FIGURES = {
  'resident memory, MB': { part: 0.05, least: 10, of: ({ resident }) => resident },
  'heap in use, MB': { part: 0.05, least: 8, of: ({ heap }) => heap },
  'open descriptors': { part: 0, least: 5, of: ({ descriptors }) => descriptors },
  threads: { part: 0, least: 1, of: ({ threads }) => threads },
}

const load = { topic: 'soak', partitions: 6, recordBytes: RECORD_BYTES, batchBytes: 16_384, codec: 'none', acks: -1 }
const producing = { ...load, kind: 'produce', connections: 4, inFlight: 5 }
const reading = { ...load, kind: 'fetch', isFollowing: true, consumers: 2 }
const configs = { 'retention.bytes': String(64 * MB), 'segment.bytes': String(16 * MB) }

const httpPort = await freePort()
const broker = await startBroker({
  settings: {
    'ottla.durability': 'replicated',
    'ottla.http.listener': `http://127.0.0.1:${httpPort}`,
    'log.retention.check.interval.ms': '2000',
    'log.segment.delete.delay.ms': '1000',
  },
})

async function sample(since) {
  const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text()
  return {
    at: (performance.now() - since) / 1000,
    resident: broker.residentBytes() / MB,
    heap: Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(text)[1]) / MB,
    descriptors: readdirSync(`/proc/${broker.pid}/fd`).length,
    threads: Number(/^Threads:\s+(\d+)$/m.exec(readFileSync(`/proc/${broker.pid}/status`, 'utf8'))[1]),
  }
}

/** Somebody who comes, asks what there is, and goes. */
async function visit() {
  const wire = await Wire.open(broker.bootstrap)
  await wire.ask(API_KEYS.Metadata, 5, { topics: null })
  wire.close()
}

async function soak(bytesPerSecond) {
  const samples = []
  const since = performance.now()
  const lasting = { durationMs: minutes * 60_000, limitMs: minutes * 60_000 + 60_000 }
  const watch = setInterval(() => void sample(since).then((each) => samples.push(each)), SAMPLE_MS)
  const visits = setInterval(() => void visit(), VISIT_MS)
  const tell = setInterval(() => {
    const { resident, heap } = samples.at(-1)
    say(`memory ${resident.toFixed(0)} MB, heap ${heap.toFixed(0)} MB`)
  }, 60_000)
  const [written, read] = await Promise.all([
    generate(broker, { ...producing, ...lasting, bytesPerSecond }),
    generate(broker, { ...reading, ...lasting }),
  ])
  for (const timer of [watch, visits, tell]) clearInterval(timer)
  say(`${(written.bytes / MB).toFixed(0)} MB written, ${(read.bytes / MB).toFixed(0)} MB read`)
  return samples
}

function judge(samples) {
  let isFlat = true
  for (const [name, { part, least, of }] of Object.entries(FIGURES)) {
    const points = floorsOf(
      samples.map((each) => ({ at: each.at, value: of(each) })),
      STRETCH_SECONDS,
    )
    const found = flatness(points, { warmUp: (minutes * 60) / 4, part, least })
    const all = samples.map(of)
    const range = `${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)}`
    const growth = `${found.growth >= 0 ? '+' : ''}${found.growth.toFixed(2)}, ${found.allowed.toFixed(2)} allowed`
    say(
      `${name}: ${range}, median of the lows ${found.median.toFixed(1)}; growth ${growth}: ${found.isFlat ? 'flat' : 'GROWS'}`,
    )
    isFlat &&= found.isFlat
  }
  return isFlat
}

try {
  await createTopic(broker.bootstrap, load.topic, { partitions: load.partitions, configs })
  const [most] = await Promise.all([
    generate(broker, { ...producing, warmMs: 3000, durationMs: 5000 }),
    generate(broker, { ...reading, durationMs: 8000 }),
  ])
  const bytesPerSecond = most.bytes / most.seconds / 2
  say(`${(bytesPerSecond / MB).toFixed(0)} MB/s, half of what was reached, for ${minutes} minutes`)
  const isFlat = judge(await soak(bytesPerSecond))
  say(isFlat ? 'flat' : 'not flat')
  if (!isFlat) process.exitCode = 1
} finally {
  await stopAndForget(broker)
}
