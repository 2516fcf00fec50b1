/**
 * Disks that fill up, fail, turn read-only, stall and lose power, under a server that is a process of its own on a file system of the
 * kernel. What was acknowledged is there afterwards; who is not concerned is served all the time.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from '../clients/tools/report.mjs'
import { expectEqual, expectMatch, pause, runCases, until } from './support/cases.mjs'
import { enterMountNamespace, LoopDisk, MemoryDisk } from './support/disks.mjs'
import { abilities } from './support/machine.mjs'
import { freePort, makeFolder, plainSettings, spawnServer, startServer, writeSettings } from './support/server.mjs'
import { batchOf, connect, errorName, isRetriable } from './support/wire.mjs'
import { checkLog, Workload } from './support/workload.mjs'

const can = abilities()
if (can.mounts === undefined) await enterMountNamespace()

const TOPIC = 'records'
const STORAGE = 'KAFKA_STORAGE_ERROR'

/** A server with its data on `disk`, and a topic on it. */
async function serverOn(c, disk, { settings = {}, partitions = 2, topicConfigs } = {}) {
  const folder = makeFolder(c)
  const port = await freePort()
  const all = plainSettings(port, join(disk.path, 'data'), settings)
  const server = await startServer(c, folder, all)
  const client = await connect(c, port)
  await client.create(TOPIC, { partitions, configs: topicConfigs })
  return { folder, port, settings: all, server, client }
}

async function fullDisk(c, { disk, settings: more, idempotent, squeeze, relax }) {
  const { port, server, client, settings, folder } = await serverOn(c, disk, { settings: more })
  await client.coordinatorReady('g')
  expectEqual(await client.commit('g', TOPIC, { offset: 1 }), 0, 'commit')
  squeeze()
  const load = new Workload(c, {
    port,
    topic: TOPIC,
    partitions: 2,
    writers: 4,
    valueBytes: 20_000,
    idempotent,
  }).start()
  await until(
    () => load.refusals > 20,
    () => `the disk is full (${load.acked.size} acknowledged)`,
    60_000,
  )
  expect(load.acked.size > 100, `only ${load.acked.size} records were acknowledged before the disk was full`)
  load.expectRetriable()
  expectMatch(server.output, /ERROR.*Writes fail and are refused.*(ENOSPC|no space left)/, 'log')

  // Full: everything that is read is served, and what is written is refused, not lost.
  for (const [value, { partition, offset }] of [...load.acked].slice(-20)) {
    const [record] = await client.read(TOPIC, { partition, offset })
    expect(record.value === value, `record at ${partition}/${offset} while the disk is full`)
  }
  expectEqual((await client.committed('g', TOPIC)).offset, 1, 'committed offset while the disk is full')
  expectEqual((await client.metadata([TOPIC])).topics[0].errorCode, 0, 'metadata while the disk is full')
  const creation = await client.tryCreate('too-much', { partitions: 3 })
  expect(creation === 0 || isRetriable(creation), `create: ${errorName(creation)}`)
  const commitCode = await client.commit('g', TOPIC, { offset: 2 })
  expect(commitCode === 0 || isRetriable(commitCode), `commit while the disk is full: ${errorName(commitCode)}`)
  expect(server.isRunning, 'the server ended')

  // Room again: no restart is needed.
  relax()
  const before = load.acked.size
  await load.more(200)
  await until(async () => (await client.commit('g', TOPIC, { offset: 3 })) === 0, 'a commit works again')
  await until(async () => (await client.tryCreate('later', { partitions: 3 })) === 0, 'a topic can be made again')
  await until(async () => (await client.produce('later', ['a'], { partition: 2 })).errorCode === 0, 'and be written to')
  await load.stop()
  const refused = [...load.refused].filter(([, code]) => errorName(code) === STORAGE).map(([value]) => value)
  const check = { partitions: 2, acked: load.acked, absent: refused }
  const count = await checkLog(client, TOPIC, check)
  console.error(`  ${before} acknowledged before, ${load.acked.size} in all, ${refused.length} refused, ${count} read`)

  await until(async () => {
    await client.produce('later', ['b'])
    return /Writes work again/.test(server.output)
  }, 'the log says that it is over')

  // The same after the process is gone.
  await server.stop('SIGKILL')
  await startServer(c, folder, settings)
  const again = await connect(c, port)
  await checkLog(again, TOPIC, check)
  await until(async () => (await again.committed('g', TOPIC)).offset === 3, 'the commit is there')
}

async function fullAtStart(c) {
  const disk = new LoopDisk(c, { mib: 48 })
  const { port, server, client, settings, folder } = await serverOn(c, disk)
  const load = new Workload(c, { port, topic: TOPIC, partitions: 2 }).start()
  await load.more(200)
  await load.stop()
  await server.stop('SIGKILL')
  client.close()
  disk.fill()
  const refused = spawnServer(c, [writeSettings(folder, settings)])
  expectEqual((await refused.end()).code, 7, `exit code (${refused.output.slice(-300)})`)
  expectMatch(refused.stderr, /The disk is full: .* cannot be written\. Make room and start again/)
  disk.makeRoom()
  await startServer(c, folder, settings)
  await checkLog(await connect(c, port), TOPIC, { partitions: 2, acked: load.acked })
}

async function readOnlyAtStart(c) {
  const disk = new LoopDisk(c, { mib: 48 })
  const { server, client, settings, folder } = await serverOn(c, disk)
  client.close()
  await server.stop('SIGKILL')
  disk.unmount()
  disk.remount('loop,ro')
  const refused = spawnServer(c, [writeSettings(folder, settings)])
  expectEqual((await refused.end()).code, 6, `exit code (${refused.output.slice(-300)})`)
  expectMatch(refused.stderr, /data folder cannot be used: .*: the file system is read-only/)
}

/** The only folder fails: the server says so and ends; after a repair everything is there. */
async function onlyFolderFails(c) {
  const disk = new LoopDisk(c, { mib: 48 })
  const { port, server, client, settings, folder } = await serverOn(c, disk)
  const load = new Workload(c, { port, topic: TOPIC, partitions: 2 }).start()
  await load.more(300)
  disk.becomeReadOnly()
  const { code } = await server.end()
  expectEqual(code, 10, `exit code (${server.output.slice(-300)})`)
  expectMatch(server.stderr, /the server cannot go on: .*data/)
  await load.stop()
  client.close()
  disk.unmount()
  disk.repair()
  disk.remount()
  await startServer(c, folder, settings)
  const count = await checkLog(await connect(c, port), TOPIC, { partitions: 2, acked: load.acked })
  console.error(`  ${load.acked.size} acknowledged, ${count} read`)
}

/** Two folders, each with partitions; the metadata is in the first. */
async function twoFolders(c, badPath) {
  const folder = makeFolder(c)
  const port = await freePort()
  const good = join(folder, 'good')
  const settings = plainSettings(port, `${good},${badPath}`)
  const server = await startServer(c, folder, settings)
  const client = await connect(c, port)
  await client.create(TOPIC, { partitions: 4 })
  const places = await until(async () => {
    const found = [0, 1, 2, 3].map((n) => (existsSync(join(badPath, `${TOPIC}-${n}`)) ? 'bad' : 'good'))
    const isAll = [0, 1, 2, 3].every((n, i) => existsSync(join(found[i] === 'bad' ? badPath : good, `${TOPIC}-${n}`)))
    return isAll ? found : null
  }, 'the partitions have folders')
  const onBad = [0, 1, 2, 3].filter((n) => places[n] === 'bad')
  const onGood = [0, 1, 2, 3].filter((n) => places[n] === 'good')
  expect(onBad.length > 0 && onGood.length > 0, `partitions in both folders: ${places}`)
  const load = new Workload(c, { port, topic: TOPIC, partitions: 4, writers: 4 }).start()
  await load.more(400)
  return { folder, port, settings, server, client, load, onBad, onGood }
}

/** One of two folders fails by `fail`: its partitions are offline, the others go on; after `repair` and a start all is there. */
async function oneFolderFails(c, { path, fail, repair }) {
  const running = await twoFolders(c, path)
  const { folder, port, settings, server, client, load, onBad, onGood } = running
  await fail(running)
  for (const partition of onBad) {
    await until(
      async () =>
        errorName((await client.produce(TOPIC, [], { partition, batch: batchOf(['x']) })).errorCode) === STORAGE,
      `partition ${partition} of the failed folder is offline`,
    )
    const { errorCode } = await client.tryRead(TOPIC, { partition })
    expectEqual(errorName(errorCode), STORAGE, `reading partition ${partition} of the failed folder`)
  }
  const ackedGood = () => [...load.acked.values()].filter(({ partition }) => onGood.includes(partition)).length
  const goal = ackedGood() + 200
  await until(() => ackedGood() >= goal, 'the partitions of the other folder go on')
  expect(server.isRunning, 'the server ended')
  expectMatch(server.output, /data folder failed; its partitions are offline/)
  await client.create('new-topic', { partitions: 2 })
  for (const partition of [0, 1]) {
    const { errorCode } = await client.produce('new-topic', ['a'], { partition })
    expectEqual(errorName(errorCode), 'NONE', 'a new topic goes to the folder that is left')
  }
  const offline = (await client.logDirs()).filter(({ errorCode }) => errorCode !== 0)
  expectEqual(
    offline.map(({ logDir }) => logDir),
    [path],
    'log dirs that are told as failed',
  )
  await load.stop()
  load.expectRetriable()
  client.close()
  const { code } = await server.stop()
  expectEqual(code, 0, `exit code (${server.output.slice(-300)})`)
  await repair()
  await startServer(c, folder, settings)
  const count = await checkLog(await connect(c, port), TOPIC, { partitions: 4, acked: load.acked, strangers: ['x'] })
  console.error(`  ${load.acked.size} acknowledged, ${load.refused.size} refused, ${count} read`)
}

/** A folder that cannot be written when the server starts: the others are served, and the next start takes it back. */
async function oneFolderReadOnlyAtStart(c) {
  const disk = new LoopDisk(c, { mib: 48 })
  const path = join(disk.path, 'data')
  const { folder, port, settings, server, client, load, onBad, onGood } = await twoFolders(c, path)
  await load.stop()
  client.close()
  expectEqual((await server.stop()).code, 0, 'exit code')
  disk.unmount()
  disk.remount('loop,ro')
  const without = await startServer(c, folder, settings)
  expectMatch(without.output, /data folder failed; its partitions are offline/)
  const second = await connect(c, port)
  for (const partition of onBad) {
    const { errorCode } = await second.tryRead(TOPIC, { partition })
    expectEqual(errorName(errorCode), STORAGE, `reading partition ${partition} of the failed folder`)
  }
  for (const partition of onGood) {
    const { errorCode } = await second.produce(TOPIC, ['x'], { partition })
    expectEqual(errorName(errorCode), 'NONE', `writing partition ${partition} of the other folder`)
  }
  second.close()
  expectEqual((await without.stop()).code, 0, 'exit code')
  disk.unmount()
  disk.remount()
  await startServer(c, folder, settings)
  await checkLog(await connect(c, port), TOPIC, { partitions: 4, acked: load.acked, strangers: ['x'] })
}

async function oneFolderReadOnly(c) {
  const disk = new LoopDisk(c, { mib: 48 })
  await oneFolderFails(c, {
    path: join(disk.path, 'data'),
    fail: () => disk.becomeReadOnly(),
    repair: () => {
      disk.unmount()
      disk.repair()
      disk.remount()
    },
  })
}

/** The device says that there is more room than there is: writing back fails, and the sync is told. */
async function thinDevice(c) {
  const memory = new MemoryDisk(c, { mib: 16 })
  const disk = new LoopDisk(c, { mib: 64, folder: memory.path })
  await oneFolderFails(c, {
    path: join(disk.path, 'data'),
    fail: async ({ port, onBad, load }) => {
      await load.stop()
      const more = new Workload(c, { port, topic: TOPIC, partitions: onBad[0] + 1, writers: 0, valueBytes: 50_000 })
      more.writeTo(onBad[0], 'large')
      await until(
        () => more.refused.size > 0,
        () => `the device fails (${more.acked.size} acknowledged)`,
        60_000,
      )
      await more.stop()
      expect(more.acked.size > 50, `only ${more.acked.size} records were acknowledged before the device failed`)
      for (const [value, place] of more.acked) load.acked.set(value, place)
      load.start()
    },
    repair: () => {
      disk.unmount()
      memory.resize(120)
      disk.repair()
      disk.remount()
    },
  })
}

/** From now on the server's calls named in `rules` fail or stall. Resolves when that is so. */
async function inject(c, server, rules, paths = []) {
  const words = ['-f', '-qq', '-o', '/dev/null', '-p', String(server.pid), ...paths.flatMap((path) => ['-P', path])]
  const names = rules.map((rule) => rule.slice(0, rule.indexOf(':')))
  const tracer = spawn(
    'strace',
    [...words, '-e', `trace=${names}`, ...rules.flatMap((rule) => ['-e', `inject=${rule}`])],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let said = ''
  tracer.stderr.on('data', (chunk) => (said += chunk))
  c.defer(() => tracer.kill('SIGKILL'))
  await until(() => {
    expect(tracer.exitCode === null, `strace ended: ${said}`)
    return server.tracer === tracer.pid
  }, 'strace holds the server')
  return () => tracer.kill('SIGTERM')
}

async function failedSync(c) {
  const bad = join(makeFolder(c), 'bad')
  await oneFolderFails(c, {
    path: bad,
    fail: async ({ server, onBad }) => {
      const logs = onBad.map((partition) => join(bad, `${TOPIC}-${partition}`, '00000000000000000000.log'))
      await inject(c, server, ['fdatasync,fsync:error=EIO'], logs)
    },
    repair: () => {},
  })
}

/** Milliseconds that each of `count` calls took. */
async function timesOf(count, call) {
  const times = []
  for (let i = 0; i < count; i += 1) {
    const startedAt = performance.now()
    await call()
    times.push(performance.now() - startedAt)
    await pause(20)
  }
  return times.sort((a, b) => a - b)
}

async function slowSyncs(c) {
  const folder = makeFolder(c)
  const { port, server, client } = await serverOn(c, { path: folder })
  await client.produce(TOPIC, ['first'])
  await inject(c, server, ['fdatasync,fsync:delay_exit=400000'])
  const load = new Workload(c, { port, topic: TOPIC, partitions: 2, writers: 8 }).start()
  const [one] = await timesOf(3, () => client.produce(TOPIC, [`slow-${Math.random()}`]))
  expect(one >= 400, `a produce took ${one} ms: syncs are not slow`)
  const reads = await timesOf(40, async () => {
    await client.metadata([TOPIC])
    await client.read(TOPIC)
  })
  const median = reads[20]
  expect(median < 150, `a read took ${median.toFixed(0)} ms in the median while syncs took 400 ms`)
  const before = load.acked.size
  await load.more(8 * 5 * 3, 20_000)
  await load.stop()
  await checkLog(client, TOPIC, { partitions: 2, acked: load.acked })
  console.error(
    `  reads: median ${median.toFixed(1)} ms, longest ${reads.at(-1).toFixed(1)} ms; ${before} acknowledged meanwhile`,
  )
}

async function slowWrites(c) {
  const folder = makeFolder(c)
  const { port, server, client } = await serverOn(c, { path: folder })
  await client.produce(TOPIC, ['first'])
  await inject(
    c,
    server,
    ['pwritev,writev,pwrite64:delay_exit=200000'],
    [join(folder, 'data', `${TOPIC}-0`, '00000000000000000000.log')],
  )
  const load = new Workload(c, { port, topic: TOPIC, partitions: 1, writers: 4 }).start()
  await load.more(20)
  const reads = await timesOf(60, () => client.metadata([TOPIC]))
  const median = reads[30]
  expect(median < 60, `Metadata took ${median.toFixed(0)} ms in the median while writes took 200 ms`)
  await load.stop()
  await checkLog(client, TOPIC, { acked: load.acked })
  console.error(`  metadata: median ${median.toFixed(1)} ms, longest ${reads.at(-1).toFixed(1)} ms`)
}

await runCases('disk', [
  [
    'a full ext4 refuses writes as retriable, serves reads, and goes on when there is room, with nothing acknowledged lost',
    (c) => {
      const disk = new LoopDisk(c, { mib: 48 })
      const settings = { 'log.segment.bytes': '1048576' }
      return fullDisk(c, {
        disk,
        settings,
        idempotent: true,
        squeeze: () => disk.leaveRoom(8),
        relax: () => disk.makeRoom(),
      })
    },
    can.loop,
  ],
  [
    'a full tmpfs refuses writes as retriable, serves reads, and goes on when there is room, with nothing acknowledged lost',
    (c) => {
      const disk = new MemoryDisk(c, { mib: 12 })
      return fullDisk(c, { disk, idempotent: false, squeeze: () => {}, relax: () => disk.resize(64) })
    },
    can.mounts,
  ],
  ['a full disk at the start has its sentence and exit code 7, and with room the start works', fullAtStart, can.loop],
  ['a read-only disk at the start has its sentence and exit code 6', readOnlyAtStart, can.loop],
  [
    'the only folder turns read-only: the server says so and ends with 10; repaired, all is there',
    onlyFolderFails,
    can.loop,
  ],
  ['one of two folders turns read-only: its partitions are offline, the others go on', oneFolderReadOnly, can.loop],
  [
    'one of two folders is read-only at the start: the other is served, later both are',
    oneFolderReadOnlyAtStart,
    can.loop,
  ],
  [
    'a device that fails while it writes back: one folder is offline, nothing acknowledged is lost',
    thinDevice,
    can.loop,
  ],
  ['a sync that fails with EIO takes its folder offline, the other goes on', failedSync, can.strace],
  ['slow syncs hold up who waits for them, not those who read', slowSyncs, can.strace],
  ['slow writes leave the event loop', slowWrites, can.strace],
])
