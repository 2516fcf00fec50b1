import { deepEqual, equal, ok } from 'node:assert/strict'
import type { PartitionLog } from '../partition-log.ts'
import { batchOf } from '../testing/batch-fixture.ts'
import { type SimStore, storeTest } from '../testing/sim-store.test.ts'

const TWO = { directories: ['/a', '/b'], config: { segmentBytes: 600, indexIntervalBytes: 100, retentionMs: -1 } }
const T = { topic: 't', partition: 0 }

async function until(t: SimStore, isTrue: () => boolean, what = 'the condition'): Promise<void> {
  for (let tries = 0; !isTrue(); tries++) {
    ok(tries < 20_000, `${what} came true`)
    await t.sim.sleep(1)
  }
}

/** A log in /a. */
async function begin(t: SimStore): Promise<PartitionLog> {
  await t.open()
  await t.store.move(T, '/a')
  const log = await t.log('t')
  equal(log.path, '/a/t-0')
  return log
}

async function moved(t: SimStore, path = '/b/t-0'): Promise<PartitionLog> {
  await until(t, () => t.store.log(T)?.path === path && [...t.store.moves.status()].length === 0, 'the move')
  const log = await t.log('t')
  log.updateHighWatermark(log.logEndOffset)
  return log
}

/** Opens the log again wherever it is, as who uses it does. */
function follow(t: SimStore): void {
  t.store.moves.hooks = {
    exclusively: (_partition, job) => job(),
    moved: async () => {
      await t.log('t')
    },
  }
}

function put(log: PartitionLog): boolean {
  const result = log.append(batchOf({ label: `r${log.logEndOffset}-` }), { origin: 'client', leaderEpoch: 0 })
  return result.kind === 'appended'
}

async function folders(t: SimStore, path: string): Promise<string[]> {
  const entries = await t.env.files.list(path)
  return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name)
}

storeTest('a partition that is not here yet is made where it was told to be', TWO, async (t) => {
  await t.open()
  equal(await t.store.move({ topic: 'x', partition: 0 }, '/b'), true)
  equal((await t.log('x')).path, '/b/x-0')
  equal(await t.store.move({ topic: 'x', partition: 1 }, '/none'), false)
})

storeTest('a log moves while it is written, and nothing is lost', TWO, async (t) => {
  const log = await begin(t)
  follow(t)
  await t.fill(log, 50)
  await t.store.move(T, '/b')
  let current: PartitionLog | undefined = log
  let written = 50
  while (t.store.log(T)?.path !== '/b/t-0') {
    current = t.store.log(T)
    if (current !== undefined && !current.isClosed && put(current)) written++
    await t.sim.sleep(0.7)
  }
  const after = await moved(t)
  equal(after.logEndOffset, written)
  equal(await t.count(after), written)
  ok(written > 50, 'records were written meanwhile')
  ok(put(after))
  await after.flush()
  await t.store.checkpoint()
  await t.restart('power')
  equal((await t.log('t')).path, '/b/t-0')
  equal((await t.log('t')).logEndOffset, written + 1)
})

storeTest('log start, epochs, producers and batches are the same after the move', TWO, async (t) => {
  const log = await begin(t)
  follow(t)
  for (let i = 0; i < 40; i++) {
    const fields = { producerId: 7, producerEpoch: 0, baseSequence: i }
    log.append(batchOf({ ...fields, label: `${i}-` }), { origin: 'client', leaderEpoch: i < 20 ? 0 : 3 })
  }
  await log.flush()
  log.updateHighWatermark(40)
  log.deleteRecordsBefore(13)
  const { epochs } = log
  const producers = log.activeProducers()
  await t.store.move(T, '/b')
  const after = await moved(t)
  equal(after.logStartOffset, 13)
  deepEqual(after.epochs, epochs)
  deepEqual(after.activeProducers(), producers)
  await t.restart('clean')
  equal((await t.log('t')).logStartOffset, 13)
})

storeTest('a move is shown with what it lacks, and is given up by moving back', TWO, async (t) => {
  const log = await begin(t)
  await t.fill(log, 200)
  t.sim.host('broker').disk.latency = { ...t.disk.latency, write: [5, 10], sync: [20, 30] }
  await t.store.move(T, '/b')
  await until(t, () => [...t.store.moves.status()].length === 1)
  const [status] = t.store.moves.status()
  equal(status?.directory, '/b')
  await t.store.move(T, '/a')
  deepEqual([...t.store.moves.status()], [])
  await t.sim.sleep(10_000)
  equal(t.store.log(T), log)
  deepEqual(await folders(t, '/b'), [])
  ok(put(log))
})

storeTest('a deleted topic takes its copy with it', TWO, async (t) => {
  const log = await begin(t)
  await t.fill(log, 200)
  await t.store.move(T, '/b')
  await t.sim.sleep(1)
  await t.store.deleteLog(T)
  await t.sim.sleep(100_000)
  deepEqual([await folders(t, '/a'), await folders(t, '/b')], [[], []])
})

storeTest('a target that fails ends the move; the log goes on', TWO, async (t) => {
  const log = await begin(t)
  await t.fill(log, 100)
  const path = (each: string): boolean => each.startsWith('/b/')
  t.disk.faults.inject({ operation: 'write', path, effect: { kind: 'error', code: 'EIO' } })
  await t.store.move(T, '/b')
  await until(t, () => t.failedDirectories.includes('/b') && [...t.store.moves.status()].length === 0)
  ok(put(log))
  await log.flush()
  equal(log.failure, null)
})

for (const kind of ['process', 'power'] as const) {
  storeTest(`a crash at any change of the disk during a move loses nothing (${kind})`, TWO, async (t) => {
    const log = await begin(t)
    follow(t)
    await t.fill(log, 30)
    await t.store.checkpoint()
    const disks: ReturnType<typeof t.disk.clone>[] = []
    t.disk.onChange = ({ index }) => disks.push(t.disk.clone(`at ${index}`))
    await t.store.move(T, '/b')
    await moved(t)
    t.disk.onChange = () => {}
    ok(disks.length > 20, `${disks.length} changes`)
    const places = new Set<string>()
    for (const disk of disks) {
      await t.sim.crash('broker', 'process')
      if (kind === 'power') disk.losePower()
      t.sim.host('broker').disk = disk
      await t.open()
      follow(t)
      const found = await t.log('t')
      equal(found.logEndOffset, 30)
      equal(await t.count(found), 30)
      places.add(found.path)
      await t.store.resumeMoves()
      await until(t, () => [...t.store.moves.status()].length === 0, 'the end of what was begun')
      equal(await t.count(await t.log('t')), 30)
      const all = [...(await folders(t, '/a')), ...(await folders(t, '/b'))]
      ok(!all.some((name) => name.endsWith('-future')), all.join())
    }
    deepEqual(places, new Set(['/a/t-0', '/b/t-0']))
  })
}
