/** What only a process of its own shows: signals, pipes that break, exit codes. */
import { deepEqual, equal, match } from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ottlaWithBroker } from './test-ottla.test.ts'

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url))

function start(t: TestContext, ...args: string[]): { child: ChildProcess; errors: () => string } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, XDG_CONFIG_HOME: '/nonexistent' },
  })
  t.after(() => child.kill('SIGKILL'))
  let errors = ''
  child.stderr!.on('data', (chunk) => {
    errors += chunk
  })
  return { child, errors: () => errors }
}

test('Ctrl-C ends a reader with 130, and says nothing', async (t) => {
  const { run, bootstrap } = await ottlaWithBroker(t)
  await run('topic create orders')
  await run('produce orders -m first')
  const { child, errors } = start(t, 'tail', 'orders', '-b', bootstrap)
  const [text] = await once(child.stdout!, 'data')
  equal(String(text), 'first\n')
  child.kill('SIGINT')
  deepEqual(await once(child, 'close'), [130, null])
  equal(errors(), '')
})

test('Ctrl-C ends a producer that waits for somebody to type', async (t) => {
  const { run, bootstrap } = await ottlaWithBroker(t)
  await run('topic create orders')
  const { child, errors } = start(t, 'produce', 'orders', '--json', '-b', bootstrap)
  child.stdin!.write('typed\n')
  match(String((await once(child.stdout!, 'data'))[0]), /"offset":0/)
  child.kill('SIGINT')
  deepEqual(await once(child, 'close'), [130, null])
  equal(errors(), '')
})

test('a reader whose output nobody reads any more ends in silence', async (t) => {
  const { run, bootstrap } = await ottlaWithBroker(t)
  await run('topic create orders')
  await run('produce orders -m first')
  const { child, errors } = start(t, 'consume', 'orders', '-b', bootstrap)
  await once(child.stdout!, 'data')
  child.stdout!.destroy()
  await run('produce orders -m second')
  deepEqual(await once(child, 'close'), [0, null])
  equal(errors(), '')
})
