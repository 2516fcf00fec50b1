/** What a command costs that has nothing to do: of the bundle, since that is what people run. */
import { ok } from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { testBroker } from './test-io.test.ts'
import { TOOLS } from './tools-table.ts'

/**
 * What a command may cost where an empty Node.js takes some 60 ms. A slower machine is slower at both, so that there the
 * same is asked as a multiple of what an empty Node.js takes at that moment.
 */
const LIMIT_MS = 150
const LIMIT_IN_EMPTY_RUNS = 2.5
/** The machine may be busy with other things: one good run counts. */
const ATTEMPTS = 12
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Prints to the fourth stream what the process used of the processors, in milliseconds. */
const METER = `
process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  require('node:fs').writeSync(3, String((user + system) / 1000))
})`

interface Bundle {
  /** Milliseconds of the processors, of one run. */
  run(entry: string, argv: readonly string[]): Promise<number>
  /** The same of a Node.js that has nothing to run. */
  empty(): Promise<number>
}

async function bundle(t: TestContext): Promise<Bundle> {
  const { ensureBuilt } = await import(pathToFileURL(join(ROOT, 'scripts/lib/bundle.mjs')).href)
  await ensureBuilt({ refresh: true })
  const folder = mkdtempSync(join(tmpdir(), 'ottla-cli-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const meter = join(folder, 'meter.cjs')
  writeFileSync(meter, METER)
  const metered = (argv: readonly string[]) =>
    new Promise<number>((resolve, reject) => {
      const child = spawn(process.execPath, ['-r', meter, ...argv], {
        stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      })
      let text = ''
      child.stdio[3]!.on('data', (chunk) => {
        text += chunk
      })
      child.once('error', reject)
      child.once('close', () =>
        text === '' ? reject(new Error(`${argv.join(' ')} told nothing`)) : resolve(Number(text)),
      )
    })
  return {
    run: (entry, argv) => metered([join(ROOT, 'build', entry), ...argv]),
    empty: () => metered(['-e', '0']),
  }
}

/** What the command took each time, or nothing when one run was good enough. */
async function tooSlow({ run, empty }: Bundle, entry: string, argv: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const spentMs = await run(entry, argv)
    if (spentMs <= LIMIT_MS) return []
    const emptyMs = await empty()
    if (spentMs <= LIMIT_IN_EMPTY_RUNS * emptyMs) return []
    found.push(`${Math.round(spentMs)} (empty ${Math.round(emptyMs)})`)
  }
  return [`${argv.join(' ')}: ${found.join(', ')} ms`]
}

test('each tool shows its help within 150 ms of process time, or what is as much on a slower machine', async (t) => {
  const built = await bundle(t)
  const slow: string[] = []
  for (const name of Object.keys(TOOLS)) {
    slow.push(...(await tooSlow(built, 'tools.cjs', [name, '--help'])))
  }
  slow.push(...(await tooSlow(built, 'ottla.cjs', ['--help'])))
  ok(slow.length === 0, slow.join(', '))
})

test('a list of next to nothing is answered within 150 ms of process time, or what is as much on a slower machine', async (t) => {
  const built = await bundle(t)
  const { servers } = await testBroker(t)
  const slow: string[] = []
  // Without a topic kafka-get-offsets fails, and only a run that succeeds leaves its compiled code to the next.
  await built.run('tools.cjs', ['kafka-topics', ...servers, '--create', '--topic', 'x'])
  for (const [name, ...argv] of [
    ['kafka-topics', '--list'],
    ['kafka-consumer-groups', '--list'],
    ['kafka-get-offsets'],
    ['kafka-transactions', 'list'],
    ['kafka-verifiable-producer', '--topic', 'x', '--max-messages', '0'],
  ] as const) {
    slow.push(...(await tooSlow(built, 'tools.cjs', [name, ...servers, ...argv])))
  }
  ok(slow.length === 0, slow.join(', '))
})

test('each command of ottla with nothing to do is done within 150 ms of process time, or what is as much on a slower machine', async (t) => {
  const built = await bundle(t)
  const { servers } = await testBroker(t)
  const slow: string[] = []
  for (const line of [
    'topic list',
    'topic create x --if-not-exists',
    'topic describe x',
    'consume x -e',
    'tail x -e',
    'group list',
    'group lag',
    'config get topic/x',
    'cluster info',
    'cluster brokers',
    'complete -- topic describe -b SERVERS x',
  ]) {
    const words = line.split(' ').map((word) => (word === 'SERVERS' ? servers[1]! : word))
    const argv = line.startsWith('complete') ? words : [...words, '-b', servers[1]!]
    slow.push(...(await tooSlow(built, 'ottla.cjs', argv)))
  }
  ok(slow.length === 0, slow.join(', '))
})
