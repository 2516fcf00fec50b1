/**
 * A million random and hurt frames (FRAMES overrides) against brokers in simulation: each is answered or ends its connection,
 * whoever else is connected is served, memory is flat, what was written before is unchanged, and the broker starts from what is left.
 * SEED repeats a run; a part that failed says its own seed.
 */
import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { fuzzRun } from '../../packages/testkit/dist/fuzz/fuzz-run.js'
import { expect, reporter } from '../clients/tools/report.mjs'

const frames = Number(process.env.FRAMES ?? 1_000_000)
const seed = process.env.SEED ?? randomBytes(6).toString('hex')
const framesPerPart = 50_000
const heapGrowthMax = 48 << 20
/** Codecs of all versions are compiled and all code is warm by then. */
const warmUpFrames = 20_000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

async function heapBytes() {
  // Two turns, so that what waits to be let go is let go.
  for (let turn = 0; turn < 2; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const { run } = reporter('fuzz', `seed ${seed}`)
let heapBefore = 0
await run('the first frames, to warm up', async () => {
  await fuzzRun({ seed: `${seed}/warm`, frames: Math.min(frames, warmUpFrames) })
  heapBefore = await heapBytes()
})

const started = performance.now()
let done = 0
for (let part = 0; done < frames; part += 1) {
  const count = Math.min(framesPerPart, frames - done)
  await run(`${count} frames from ${done}: answered or closed, others served, records kept`, async () => {
    const result = await fuzzRun({ seed: `${seed}/${part}`, frames: count })
    expect(result.answers > count / 10, `only ${result.answers} answers`)
    console.error(`  ${JSON.stringify(result)}`)
    const growth = (await heapBytes()) - heapBefore
    console.error(`  heap ${growth >> 10} KiB above the start`)
    expect(growth < heapGrowthMax, `the heap grew by ${growth} bytes`)
  })
  done += count
}
const seconds = (performance.now() - started) / 1000
console.error(`${done} frames in ${seconds.toFixed(1)} s, ${(done / seconds).toFixed(0)} per second`)
