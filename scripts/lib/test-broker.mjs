/** Starts a broker of this repository in a process of its own for a test: free port, temporary data folder. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverEnvironment } from './server-environment.mjs'
import { root } from './workspace.mjs'

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

const children = new Set()
let isWatching = false

/** A server that a test started ends with it, however it ends (unless it is killed). */
export function endWithThisProcess(child) {
  if (!isWatching) {
    isWatching = true
    process.once('exit', () => {
      for (const each of children) each.kill('SIGKILL')
    })
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  }
  children.add(child)
  child.once('exit', () => children.delete(child))
}

/**
 * Starts the broker and waits until it says that it started.
 * `settings` are lines for the properties file; `folder` continues an existing data folder.
 */
export async function startBroker({ settings = {}, folder = mkdtempSync(join(tmpdir(), 'ottla-')), port, node } = {}) {
  // Without a port that is given the system chooses one when the broker listens: nobody else can take it in between.
  const properties = {
    listeners: `PLAINTEXT://127.0.0.1:${port ?? 0}`,
    'log.dirs': join(folder, 'data'),
    'group.initial.rebalance.delay.ms': '0',
    'ottla.http.listener': 'http://127.0.0.1:0',
    ...settings,
  }
  const file = join(folder, 'server.properties')
  const text = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(file, text.join(''))
  const child = spawn(node ?? process.execPath, [join(root, 'build', 'server.cjs'), file], {
    env: serverEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  endWithThisProcess(child)
  let output = ''
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  await new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`the broker did not start within 60 s:\n${output}`)), 60_000)
    const hear = (chunk) => {
      output += chunk
      if (!/Kafka Server.*started.*\n/.test(output)) return
      clearTimeout(limit)
      resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    void exited.then(({ code }) => {
      clearTimeout(limit)
      reject(new Error(`the broker ended with ${code}:\n${output}`))
    })
  })
  const listening = port ?? Number(/^Address\s+127\.0\.0\.1:(\d+)/m.exec(output)?.[1])
  if (!(listening > 0)) throw new Error(`the broker does not say where it listens:\n${output}`)
  return {
    bootstrap: `127.0.0.1:${listening}`,
    port: listening,
    folder,
    dataFolder: join(folder, 'data'),
    pid: child.pid,
    output: () => output,
    exited,
    /** Resident memory in bytes. */
    residentBytes: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) * 1024,
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      return await exited
    },
  }
}
