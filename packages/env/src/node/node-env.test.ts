import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import dns from 'node:dns'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { FileSystemError } from '../file-system.ts'
import { nodeEnv } from './index.ts'
import { lockByFile } from './lock-file.ts'
import { NodeNetwork } from './node-network.ts'

const ONE_PLACE = { skip: process.platform === 'win32' && 'each reads into memory of its own' }
const HERE = fileURLToPath(new URL('.', import.meta.url))

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-env-'))
  try {
    await body(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs a program that locks the folder, says 'locked' and waits for its end. */
async function lockElsewhere(module: string, call: string): Promise<ChildProcess> {
  const program = `const m = await import(${JSON.stringify(join(HERE, module))}); await m.${call}; console.log('locked'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve())
    child.once('exit', () => reject(new Error('the other process ended')))
  })
  return child
}

async function kill(child: ChildProcess): Promise<void> {
  await new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill('SIGKILL')
  })
}

test('a data folder that another process has locked is refused, and is free after kill -9', async () => {
  await withFolder(async (folder) => {
    const { files } = nodeEnv()
    const other = await lockElsewhere('node-file-system.js', `nodeFileSystem.lockDirectory(${JSON.stringify(folder)})`)
    await rejects(files.lockDirectory(folder), { code: 'ELOCKED', path: folder })
    await kill(other)
    const lock = await files.lockDirectory(folder)
    await lock.release()
    if (process.platform === 'linux') deepEqual(readdirSync(folder), [])
  })
})

test('a lock file is refused while its holder lives, taken over when it is gone, and removed on release', async () => {
  await withFolder(async (folder) => {
    const other = await lockElsewhere('lock-file.js', `lockByFile(${JSON.stringify(folder)})`)
    await rejects(lockByFile(folder), { code: 'ELOCKED' })
    await kill(other)
    const lock = await lockByFile(folder)
    await rejects(lockByFile(folder), (error: FileSystemError) => error.code === 'ELOCKED')
    await lock.release()
    deepEqual(readdirSync(folder), [])
  })
})

test('a lock file whose process id was given to another process is stale', {
  skip: process.platform === 'win32',
}, async () => {
  await withFolder(async (folder) => {
    writeFileSync(join(folder, '.ottla-lock'), `${process.ppid}\nanother start time\n`)
    const lock = await lockByFile(folder)
    await lock.release()
    writeFileSync(join(folder, '.ottla-lock'), 'no lock at all')
    await (await lockByFile(folder)).release()
  })
})

test('all addresses of a name are tried, one after the other', async (t) => {
  const network = new NodeNetwork()
  const listening = await network.listen({ host: '127.0.0.1', port: 0 }, (stream) => stream.end())
  const asked: string[] = []
  // 127.0.0.2 is of this machine too, and nobody listens there.
  t.mock.method(dns, 'lookup', (name: string, _options: unknown, answer: (error: null, found: unknown) => void) => {
    asked.push(name)
    const found = ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }))
    setImmediate(() => answer(null, found))
  })
  const stream = await network.connect({ host: 'brokers.example', port: listening.port }, { timeoutMs: 5000 })
  equal(stream.remoteHost, '127.0.0.1')
  deepEqual(asked, ['brokers.example'])
  stream.destroy()
  await listening.close()
})

test('localhost is served on both loopback addresses under one port', async () => {
  const network = new NodeNetwork()
  const remotes: string[] = []
  const socket = await network.listen({ host: 'localhost', port: 0 }, (stream) => {
    remotes.push(stream.remoteHost)
    stream.destroy()
  })
  const hosts = ['127.0.0.1', ...(existsSync('/proc/net/if_inet6') ? ['::1'] : [])]
  for (const host of hosts) {
    const stream = await network.connect({ host, port: socket.port })
    await new Promise((resolve) => {
      stream.onClose = resolve
    })
  }
  deepEqual(remotes, hosts)
  await socket.close()
})

test('what the connections of a server send is received in one place, chunk after chunk', ONE_PLACE, async () => {
  const network = new NodeNetwork()
  const places = new Set<ArrayBufferLike>()
  const heard: string[] = []
  let resolveHeard: () => void
  const allHeard = new Promise<void>((resolve) => {
    resolveHeard = resolve
  })
  const listening = await network.listen({ host: '127.0.0.1', port: 0 }, (stream) => {
    stream.onData = (chunk) => {
      places.add(chunk.buffer)
      heard.push(chunk.toString())
      stream.write([Buffer.from('more')])
      if (heard.length === 20) resolveHeard()
    }
  })
  const streams = await Promise.all([1, 2].map(() => network.connect({ host: '127.0.0.1', port: listening.port })))
  for (const [at, stream] of streams.entries()) {
    stream.onData = () => stream.write([Buffer.from(`from ${at}`)])
    stream.write([Buffer.from(`from ${at}`)])
  }
  await allHeard
  deepEqual([...new Set(heard)].sort(), ['from 0', 'from 1'])
  // An undocumented handle of Node: where it is gone, each read has a chunk of its own, and this is how one learns.
  equal(places.size, 1)
  for (const stream of streams) stream.destroy()
  await listening.close()
})

test('connecting to where nobody answers ends in time, to an unknown name with its code', async () => {
  const network = new NodeNetwork()
  await rejects(network.connect({ host: 'no-such-host.invalid', port: 1 }), { name: 'NetworkError' })
  const { code } = await network.connect({ host: '192.0.2.1', port: 1 }, { timeoutMs: 50 }).then(
    () => ({ code: 'connected' }),
    (error: { code: string }) => error,
  )
  ok(['ETIMEDOUT', 'ENETUNREACH', 'EHOSTUNREACH', 'ECONNREFUSED'].includes(code), code)
})

test('gzip runs in the pool within its bound, given tasks come first, unknown ones are refused', async () => {
  const { pool } = nodeEnv({
    tasks: {
      reverse: (input) => Buffer.from(input).reverse(),
      fail: () => {
        throw new Error('no')
      },
    },
  })
  const packed = await pool.run('gzip.compress', Buffer.alloc(100_000), { level: 1 })
  equal((await pool.run('gzip.decompress', packed, { maxBytes: 100_000 })).length, 100_000)
  await rejects(pool.run('gzip.decompress', packed, { maxBytes: 99_999 }), { code: 'ERR_BUFFER_TOO_LARGE' })
  equal((await pool.run('reverse', Buffer.from('abc'))).toString(), 'cba')
  await rejects(pool.run('fail', Buffer.alloc(0)), /no/)
  await rejects(pool.run('none', Buffer.alloc(0)), { name: 'PoolError', code: 'UNKNOWN_TASK' })
})

const run = (program: string): { out: string; status: number | null } => {
  const text = `import { nodeEnv } from ${JSON.stringify(join(HERE, 'index.js'))}\n${program}`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8' })
  return { out: stdout, status }
}

test('the log is written out when the process ends, however it ends', () => {
  const program = (end: string) => `
    const { logger } = nodeEnv({ logDescriptor: 1, logFormat: 'json', loggerLevels: { quiet: 'error' } })
    logger.child('quiet').warn('unheard')
    logger.info('first'); logger.debug('unheard'); ${end}`
  const messages = (out: string): string[] =>
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).message)
  deepEqual(messages(run(program(`logger.error('last')`)).out), ['first', 'last'])
  deepEqual(messages(run(program(`logger.error('last'); process.exit(3)`)).out), ['first', 'last'])
  deepEqual(messages(run(program(`throw new Error('x')`)).out), ['first'])
  deepEqual(messages(run(program(`logger.fatal('last'); process.kill(process.pid, 'SIGKILL')`)).out), ['first', 'last'])
})

test('the log is for people when asked, without colour where it goes to no terminal', () => {
  const { out } = run(
    `nodeEnv({ logDescriptor: 1, logFormat: 'people' }).logger.child('broker').warn('Disk is slow', { ms: 7 })`,
  )
  match(out, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} WARN {2}\[broker\] Disk is slow ms=7\n$/)
})

test('pending timers do not keep the process, unless asked to', () => {
  const ends = (keep: boolean) =>
    run(
      `const { timers } = nodeEnv({ timersKeepAlive: ${keep} }); timers.after(50, () => process.stdout.write('fired'))`,
    ).out
  equal(ends(false), '')
  equal(ends(true), 'fired')
})

test('work that was deferred behind a call that throws is still done', () => {
  const { out } = run(`
    const { timers } = nodeEnv()
    process.on('uncaughtException', (error) => process.stdout.write(error.message + ' '))
    timers.defer(() => process.stdout.write('a '))
    timers.defer(() => { throw new Error('b') })
    timers.defer(() => { process.stdout.write('c '); timers.defer(() => process.stdout.write('d')) })`)
  equal(out, 'a b c d')
})
