import { deepEqual, equal, ok } from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Env, nativeZstd, type Pool } from '@ottla/env'
import { nodeEnv } from '@ottla/env/node'
import { BatchBuilder, CompressionType } from '@ottla/protocol'
import { DEFAULT_LOG_CONFIG } from '../log-config.ts'
import { createLogResources } from '../log-resources.ts'
import { PartitionLog } from '../partition-log.ts'
import { ByteRate, WorkSlices } from './work-slices.ts'

test('bytes that were too many are waited for', () => {
  const rate = new ByteRate(() => 1000)
  equal(rate.take(500, 0), 500)
  equal(rate.take(500, 100), 900)
  equal(rate.take(100, 5000), 100)
  equal(new ByteRate(() => Number.MAX_VALUE).take(1e9, 0), 0)
  equal(new ByteRate(() => 2 ** 63).take(1e9, 0), 0)
})

/** A world whose clock goes on by `stepMs` whenever somebody looks at it, and that counts the turns that were given back. */
function countingEnv(stepMs: number): { env: Env; turns: () => number } {
  const real = nodeEnv({ logLevel: 'fatal', timersKeepAlive: true })
  let now = 0
  let turns = 0
  const clock = { now: () => real.clock.now(), monotonic: () => (now += stepMs) }
  const timers = {
    after: real.timers.after.bind(real.timers),
    defer: (fn: () => void) => {
      turns++
      real.timers.defer(fn)
    },
  }
  return { env: { ...real, clock, timers }, turns: () => turns }
}

test('a slice that is over is told, and begins anew after a rest', async () => {
  const { env, turns } = countingEnv(1)
  const slices = new WorkSlices(env, new ByteRate(() => Infinity), () => false)
  while (!slices.isOver);
  await slices.rest()
  equal(turns(), 1)
  equal(slices.isOver, false)
})

const RECORDS = 20_000
const KEYS = 5000

/** Cleans a log of one large batch. */
async function clean(t: TestContext, env: Env, compression: CompressionType): Promise<void> {
  const path = `/tmp/ottla-slices-${env.random.uuid()}/t-0`
  t.after(() => env.files.removeDirectory(path.slice(0, -4)))
  const log = await PartitionLog.open({
    resources: createLogResources(env),
    path,
    topicPartition: { topic: 't', partition: 0 },
    config: { ...DEFAULT_LOG_CONFIG, cleanupCompact: true, maxMessageBytes: 1 << 24 },
    cleanShutdown: true,
    recoveryPoint: 0,
  })
  const builder = new BatchBuilder({ compression })
  for (let i = 0; i < RECORDS; i++) builder.append({ key: `k${i % KEYS}`, value: `v${i}`, timestamp: 1000 })
  equal(log.append(builder.build(), { origin: 'client', leaderEpoch: 0 }).kind, 'appended')
  await log.flush()
  log.updateHighWatermark(RECORDS)
  log.roll()
  await log.flush()
  const result = await log.cleaning.run({
    checkpoint: 0,
    nowMs: env.clock.now(),
    mapBytes: 1 << 20,
    mapLoadFactor: 0.9,
    bufferBytes: 1 << 16,
    rate: new ByteRate(() => Infinity),
  })
  equal(result?.recordsKept, KEYS)
  await log.close({ clean: true })
}

for (const compression of [CompressionType.none, CompressionType.lz4]) {
  test(`within one large batch the loop is given back every few records (codec ${compression})`, async (t) => {
    const { env, turns } = countingEnv(1)
    await clean(t, env, compression)
    // Two passes; the clock is looked at every 64 records, and a slice is over at the second look.
    ok(turns() >= ((2 * RECORDS) / 64 / 3) * 0.9, `${turns()} turns`)
  })
}

for (const [name, compression] of [
  ['gzip', CompressionType.gzip],
  ['zstd', CompressionType.zstd],
] as const) {
  const onThreads = name === 'gzip' || nativeZstd() !== undefined
  test(`${name} of a large batch is ${onThreads ? 'left to other threads' : 'done here, where no other thread knows it'}`, async (t) => {
    const env = nodeEnv({ logLevel: 'fatal', timersKeepAlive: true })
    const done: string[] = []
    const pool: Pool = {
      run: async (task, input, options) => {
        const output = await env.pool.run(task, input, options)
        done.push(task)
        return output
      },
    }
    await clean(t, { ...env, pool }, compression)
    const twice = [`${name}.decompress`, `${name}.decompress`, `${name}.compress`]
    deepEqual(done, onThreads ? twice : [])
  })
}
