import { equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { Env } from '@ottla/env'
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

for (const compression of [CompressionType.none, CompressionType.lz4]) {
  test(`within one large batch the loop is given back every few records (codec ${compression})`, async (t) => {
    const { env, turns } = countingEnv(1)
    const path = `/tmp/ottla-slices-${env.random.uuid()}/t-0`
    t.after(() => env.files.removeDirectory(path.slice(0, -4)))
    const config = { ...DEFAULT_LOG_CONFIG, cleanupCompact: true, maxMessageBytes: 1 << 24 }
    const resources = createLogResources(env)
    const topicPartition = { topic: 't', partition: 0 }
    const log = await PartitionLog.open({
      resources,
      path,
      topicPartition,
      config,
      cleanShutdown: true,
      recoveryPoint: 0,
    })
    const records = 20_000
    const builder = new BatchBuilder({ compression })
    for (let i = 0; i < records; i++) builder.append({ key: `k${i % 5000}`, value: `v${i}`, timestamp: 1000 })
    equal(log.append(builder.build(), { origin: 'client', leaderEpoch: 0 }).kind, 'appended')
    await log.flush()
    log.updateHighWatermark(records)
    log.roll()
    await log.flush()
    const before = turns()
    const rate = new ByteRate(() => Infinity)
    const options = {
      checkpoint: 0,
      nowMs: env.clock.now(),
      mapBytes: 1 << 20,
      mapLoadFactor: 0.9,
      bufferBytes: 1 << 16,
      rate,
    }
    const result = await log.cleaning.run(options)
    equal(result?.recordsKept, 5000)
    // Two passes; the clock is looked at every 64 records, and a slice is over at the second look.
    const given = turns() - before
    ok(given >= ((2 * records) / 64 / 3) * 0.9, `${given} turns`)
    await log.close({ clean: true })
  })
}
