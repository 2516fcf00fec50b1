/** The server as a process of its own, with nothing set for it but what the case says. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../../../scripts/lib/workspace.mjs'
import { until } from './cases.mjs'

export { freePort } from '../../../scripts/lib/test-broker.mjs'

export const serverScript = join(root, 'build', 'server.cjs')
const STARTED = /Kafka Server started/
const START_LIMIT_MS = 60_000

/** A folder that goes when the case is over. */
export function makeFolder(c) {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-faults-'))
  c.defer(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes lines of settings into a file below `folder` and gives its path. */
export function writeSettings(folder, settings, name = 'server.properties') {
  const path = join(folder, name)
  const text = typeof settings === 'string' ? settings : Object.entries(settings).map(([k, v]) => `${k}=${v}\n`)
  writeFileSync(path, typeof text === 'string' ? text : text.join(''))
  return path
}

/** The settings of a broker on `port` with its data in `data`. */
export function plainSettings(port, data, more = {}) {
  return {
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': data,
    'group.initial.rebalance.delay.ms': '0',
    ...more,
  }
}

/**
 * Starts the server with these arguments. `through` are words of a command that runs it (unshare, strace …); then signals
 * go to the node below that. The process is killed when the case is over.
 */
export function spawnServer(c, args, { through = [], env = {}, ...options } = {}) {
  const [command, ...words] = [...through, process.execPath, serverScript, ...args]
  const child = spawn(command, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...options,
  })
  const server = new ServerProcess(child, through.length > 0)
  c.defer(() => server.kill('SIGKILL'))
  return server
}

/** Starts the server on settings and waits until it says that it started. */
export async function startServer(c, folder, settings, options) {
  const server = spawnServer(c, [writeSettings(folder, settings)], options)
  await server.started()
  return server
}

export class ServerProcess {
  stdout = ''
  stderr = ''
  exit = null
  #child
  #isWrapped
  #pid = null

  constructor(child, isWrapped) {
    this.#child = child
    this.#isWrapped = isWrapped
    child.stdout.on('data', (chunk) => (this.stdout += chunk))
    child.stderr.on('data', (chunk) => (this.stderr += chunk))
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve((this.exit = { code: null, signal: null, error })))
      child.once('close', (code, signal) => resolve((this.exit = { code, signal })))
    })
  }

  get output() {
    return this.stdout + this.stderr
  }

  async started(timeoutMs = START_LIMIT_MS) {
    await until(
      () => {
        if (this.exit !== null) throw new Error(`the server ended with ${JSON.stringify(this.exit)}: ${this.output}`)
        return STARTED.test(this.stdout)
      },
      () => `the server starts (${this.output.slice(-600)})`,
      timeoutMs,
    )
  }

  /** How the process ended: {code, signal}. */
  async end(timeoutMs = START_LIMIT_MS) {
    await until(
      () => this.exit !== null,
      () => `the server ends (${this.output.slice(-600)})`,
      timeoutMs,
    )
    return this.exit
  }

  /** Process id of the server itself, below what it was started through. */
  get pid() {
    if (this.#pid === null) this.#pid = this.#isWrapped ? nodeBelow(this.#child.pid) : this.#child.pid
    return this.#pid ?? this.#child.pid
  }

  get isRunning() {
    return this.exit === null
  }

  kill(signal) {
    if (this.exit !== null) return
    try {
      process.kill(this.pid, signal)
    } catch (error) {
      if (error.code !== 'ESRCH') throw error
    }
    if (signal === 'SIGKILL' && this.#isWrapped) this.#child.kill(signal)
  }

  async stop(signal = 'SIGTERM') {
    this.kill(signal)
    return await this.end()
  }

  /** Resident memory in bytes. */
  get residentBytes() {
    return statusBytes(this.pid, 'VmRSS')
  }

  /** Id of the process that traces it; 0 when none does. */
  get tracer() {
    return Number(/TracerPid:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))[1])
  }
}

/** Ids of the servers on this machine whose command line holds `word`. */
export function processesWith(word) {
  const found = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
      if (words.includes(serverScript) && words.includes(word)) found.push(Number(name))
    } catch {
      // It has ended.
    }
  }
  return found
}

function statusBytes(pid, field) {
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
}

/** The node process among `pid` and its descendants. */
function nodeBelow(pid) {
  let children
  try {
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(serverScript)) {
      const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
      if (/^(node|MainThread)/.test(name)) return pid
    }
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  } catch {
    return null
  }
  for (const child of children) {
    const found = nodeBelow(Number(child))
    if (found !== null) return found
  }
  return null
}
