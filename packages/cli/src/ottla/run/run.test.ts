import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ottla, ottlaWithBroker, temporaryFolder } from '../test-ottla.test.ts'

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url))

/** `ottla start` in a process of its own, until it says where it is. */
async function started(t: TestContext, ...args: string[]): Promise<{ child: ChildProcess; output: () => string }> {
  const child = spawn(process.execPath, [MAIN, 'start', '--port', '0', '--set', 'ottla.http.listener=', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let text = ''
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk) => {
      text += chunk
    })
  }
  while (!text.includes('Kafka Server started')) {
    const [what] = await Promise.race([
      once(child.stdout!, 'data').then(() => ['data']),
      once(child, 'close').then(() => ['close']),
    ])
    if (what === 'close') throw new Error(text)
  }
  return { child, output: () => text }
}

test('start runs a broker that the other commands find, and Ctrl-C ends it in order', async (t) => {
  const folder = join(temporaryFolder(t), 'data')
  const { child, output } = await started(t, '--dir', folder)
  const address = /^Address\s+(\S+)$/m.exec(output())![1]!
  match(output(), new RegExp(`^Data\\s+${folder}$`, 'm'))
  match(output(), /^Try\s+ottla topic create test -b localhost:\d+$/m)
  equal((await ottla(['topic', 'create', 'orders', '-b', address])).code, 0)
  const taken = await ottla(['start', '--port', address.split(':')[1]!])
  equal(taken.code, 1)
  match(taken.err, /^error: port \d+ is taken: .*\nIf it is a broker, /)
  child.kill('SIGINT')
  deepEqual(await once(child, 'close'), [0, null])
  ok(existsSync(join(folder, 'orders-0')))
})

test('start --temporary leaves nothing behind', async (t) => {
  const { child, output } = await started(t, '--temporary')
  const folder = /^Data\s+(\S+)$/m.exec(output())![1]!
  ok(existsSync(folder))
  child.kill('SIGTERM')
  deepEqual(await once(child, 'close'), [0, null])
  equal(existsSync(folder), false)
})

test('start refuses what cannot work', async () => {
  match(
    (await ottla(['start', '--host', '0.0.0.0'])).err,
    /^error: clients cannot connect to 0\.0\.0\.0: say with --advertise/,
  )
  equal((await ottla(['start', '--temporary', '--dir', 'x'])).code, 2)
  equal((await ottla(['start', '--config', 'x', '--port', '1'])).code, 2)
})

test('bench tells figures, and deletes its topic', async (t) => {
  const { run } = await ottlaWithBroker(t)
  const { code, out } = await run('bench -n 2000 -s 50 -p 2 -z lz4 --round-trips 5 --json')
  equal(code, 0)
  const { produce, consume, endToEnd, ...rest } = JSON.parse(out)
  deepEqual([produce.records, produce.bytes, produce.latency.count], [2000, 100_000, 2000])
  ok(consume.records >= 2000 && consume.recordsPerSecond > 0)
  equal(endToEnd.count, 5)
  ok(endToEnd.p50 > 0 && endToEnd.max >= endToEnd.p99)
  deepEqual([rest.recordBytes, rest.partitions, rest.compression, rest.acks], [50, 2, 'lz4', 'all'])
  match(
    (await run('bench -n 100 --round-trips 0')).out,
    /^STEP +RECORDS +RECORDS\/S +MB\/S +P50 +P99 +MAX\nproduce +100 /,
  )
  equal((await run('topic list --json')).out, '[]\n')
  match((await run('bench -n 1000000 -s 10000')).err, /too much for a quick look/)
})

test('the demo bills all orders on a broker of its own, or elsewhere, and leaves nothing behind', async (t) => {
  const own = await ottla(['demo', '--for', '200ms'])
  deepEqual([own.code, own.err], [0, ''])
  match(own.out, /All orders are billed/)
  const { run, bootstrap } = await ottlaWithBroker(t)
  const elsewhere = await run(`demo --for 200ms -b ${bootstrap}`)
  match(elsewhere.out, /ottla-demo-.{6}\.billing/)
  equal((await run('topic list --json')).out, '[]\n')
  equal((await run('group list --json')).out, '[]\n')
})
