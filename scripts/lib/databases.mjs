/** Starts PostgreSQL and Redis for a test: the programs of the Debian packages, on free ports, in temporary folders, ended by their process ids. */
import { execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './test-broker.mjs'

const READY_MS = 60_000
const POSTGRES_VERSIONS = '/usr/lib/postgresql'

/** A program of PostgreSQL's newest version that is installed; undefined when there is none. */
export function postgresProgram(name) {
  if (!existsSync(POSTGRES_VERSIONS)) return undefined
  const versions = readdirSync(POSTGRES_VERSIONS).sort((a, b) => Number(b) - Number(a))
  return versions.map((version) => join(POSTGRES_VERSIONS, version, 'bin', name)).find(existsSync)
}

/** Resolves when the port takes connections. */
async function listening(port, child) {
  const end = performance.now() + READY_MS
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}: ${child.output}`)
    const isOpen = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.unref()
      socket.once('connect', () => socket.destroy())
    })
    if (isOpen) return
    if (performance.now() > end) throw new Error(`${child.spawnfile} does not listen: ${child.output}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function start(file, args, { port, folder, owner = {}, signal = 'SIGTERM' }) {
  const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], ...owner })
  child.output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (child.output = (child.output + chunk).slice(-2000)))
  }
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const onExit = () => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', onExit)
  const stop = async () => {
    child.kill(signal)
    await exited
    process.off('exit', onExit)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await listening(port, child)
  } catch (error) {
    await stop()
    throw error
  }
  return { port, stop }
}

/** PostgreSQL does not run as root: then as the user that its package made. `url` is for a driver. */
export async function startPostgres() {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-postgres-'))
  const isRoot = process.getuid() === 0
  const idOf = (option) => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }))
  const owner = isRoot ? { uid: idOf('-u'), gid: idOf('-g') } : {}
  if (isRoot) chownSync(folder, owner.uid, owner.gid)
  const data = join(folder, 'data')
  const quick = ['--auth=trust', '--username=ottla', '--no-sync', '--encoding=UTF8', '--no-locale']
  execFileSync(postgresProgram('initdb'), ['-D', data, ...quick], { cwd: folder, stdio: 'pipe', ...owner })
  const port = await freePort()
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    fsync: 'off',
    max_connections: '60',
  }
  const args = [
    '-D',
    data,
    '-p',
    `${port}`,
    ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ]
  // SIGINT: does not wait for its clients.
  const running = await start(postgresProgram('postgres'), args, { port, folder, owner, signal: 'SIGINT' })
  return { ...running, url: `postgres://ottla@127.0.0.1:${port}/postgres` }
}

export async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-redis-'))
  const port = await freePort()
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder]
  const running = await start('redis-server', args, { port, folder })
  return { ...running, url: `redis://127.0.0.1:${port}` }
}
