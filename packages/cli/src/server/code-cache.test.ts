/** That a broker starts from the code that an earlier start compiled: nothing else shows when V8 refuses it. */
import { equal } from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** Says for each script what became of its cache, and when a cache was put in place. */
const WITNESS = `
const vm = require('node:vm'), fs = require('node:fs')
const { Script } = vm
const { renameSync } = fs
vm.Script = class extends Script {
  constructor(source, options) {
    super(source, options)
    fs.writeSync(3, options.cachedData === undefined ? 'none\\n' : this.cachedDataRejected ? 'refused\\n' : 'taken\\n')
  }
}
fs.renameSync = (from, to) => {
  renameSync(from, to)
  if (to.endsWith('.cache')) fs.writeSync(3, 'kept\\n')
}`

/** Starts a broker; resolves with the first of the words that it says. */
function heard(words: readonly string[], args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, [...args], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
    let text = ''
    let found: string | undefined
    child.stdio[3]!.on('data', (chunk) => {
      text += chunk
      found ??= words.find((word) => text.includes(word))
      if (found !== undefined) child.kill('SIGKILL')
    })
    child.once('error', reject)
    child.once('close', () => (found === undefined ? reject(new Error(`heard only ${text}`)) : resolve(found)))
  })
}

test('a broker takes its code from the cache that an earlier start left', async (t) => {
  const { ensureBuilt } = await import(pathToFileURL(join(ROOT, 'scripts/lib/bundle.mjs')).href)
  await ensureBuilt({ refresh: true })
  const folder = mkdtempSync(join(tmpdir(), 'ottla-cli-test-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const [witness, settings] = [join(folder, 'witness.cjs'), join(folder, 'server.properties')]
  writeFileSync(witness, WITNESS)
  writeFileSync(settings, `listeners=PLAINTEXT://127.0.0.1:0\nlog.dirs=${join(folder, 'data')}\n`)
  const args = ['-r', witness, join(ROOT, 'build', 'server.cjs'), settings]
  // One that was there already is taken at once; else the first start leaves it.
  if ((await heard(['taken', 'kept'], args)) === 'kept') equal(await heard(['taken', 'none', 'refused'], args), 'taken')
})
