/**
 * npm run bench -- soak [minutes]: half of what the machine can do, for 20 minutes or as long as is said, with the broker's memory watched. Old records are
 * deleted as it goes, and segments roll. Fails when memory grows in the second half of the time.
 */
import { readFileSync } from 'node:fs'
import { say } from '../../scripts/lib/workspace.mjs'
import { generate } from '../data-path/measures/load.mjs'
import { createTopic, stopAndForget, systems } from '../data-path/systems.mjs'

const minutes = Number(process.argv[2] ?? 20)
if (!(minutes > 0)) throw new Error(`minutes is a number above 0, not ${process.argv[2]}`)
const SAMPLE_MS = 2000
const RECORD_BYTES = 1000
/** Growth of the second half that is taken for none, as a part of the memory. */
const FLAT = 0.05
const MB = 2 ** 20

const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const load = { partitions: 6, recordBytes: RECORD_BYTES, batchBytes: 16_384, codec: 'none', acks: -1 }

const broker = await systems.ottla.start()
try {
  const configs = { 'retention.bytes': String(64 * MB), 'segment.bytes': String(16 * MB) }
  await createTopic(broker.bootstrap, 'soak', { partitions: load.partitions, configs })
  const most = await generate(broker, {
    ...load,
    kind: 'produce',
    topic: 'soak',
    connections: 4,
    inFlight: 5,
    warmMs: 3000,
    durationMs: 5000,
  })
  const bytesPerSecond = most.bytes / most.seconds / 2
  say(`${(bytesPerSecond / MB).toFixed(0)} MB/s, half of what was reached, for ${minutes} minutes`)
  const samples = []
  const sample = () => {
    const threads = Number(/^Threads:\s+(\d+)$/m.exec(readFileSync(`/proc/${broker.pid}/status`, 'utf8'))[1])
    samples.push({ memory: broker.residentBytes() / MB, threads })
  }
  const watch = setInterval(sample, SAMPLE_MS)
  const tell = setInterval(() => say(`memory ${samples.at(-1).memory.toFixed(0)} MB`), 60_000)
  await generate(broker, {
    ...load,
    kind: 'produce',
    topic: 'soak',
    connections: 4,
    inFlight: 5,
    bytesPerSecond,
    durationMs: minutes * 60_000,
    limitMs: minutes * 60_000 + 60_000,
  })
  clearInterval(watch)
  clearInterval(tell)
  const second = samples.slice(Math.floor(samples.length / 2)).map(({ memory }) => memory)
  const [early, late] = [second.slice(0, second.length / 2), second.slice(second.length / 2)].map(average)
  const all = samples.map(({ memory }) => memory)
  say(
    `memory ${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)} MB; third quarter ${early.toFixed(1)}, last ${late.toFixed(1)} MB`,
  )
  if (late > early * (1 + FLAT)) {
    say('memory grows')
    process.exitCode = 1
  } else say('memory is flat')
} finally {
  await stopAndForget(broker)
}
