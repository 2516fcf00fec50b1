import { deepEqual, equal, notDeepEqual, ok, rejects, throws } from 'node:assert/strict'
import { test } from 'node:test'
import type { FileHandle, FileSystem } from '@ottla/env'
import { Simulation } from '../simulation.ts'
import type { SimDisk } from './sim-disk.ts'

interface Context {
  readonly simulation: Simulation
  readonly disk: SimDisk
  readonly files: FileSystem
  readonly handle: FileHandle
}

async function withDisk(body: (context: Context) => Promise<void>, seed = 1): Promise<void> {
  const simulation = new Simulation({ seed })
  await simulation.run(async () => {
    const { files } = simulation.env('a')
    const handle = files.openSync('/f', 'create')
    await files.syncDirectory('/')
    await body({ simulation, files, handle, disk: simulation.host('a').disk })
  })
}

test('a rule strikes the operations it names, after those it skips, as often as it says, and is counted', async () => {
  await withDisk(async ({ disk, handle, files }) => {
    disk.faults.inject({
      operation: 'write',
      path: (path) => path === '/f',
      skip: 1,
      times: 2,
      effect: { kind: 'error', code: 'EIO' },
    })
    handle.writevSync([Buffer.of(1)], 0)
    throws(() => handle.writevSync([Buffer.of(2)], 1), { code: 'EIO', path: '/f' })
    await files.writeFile('/other', Buffer.of(1))
    await rejects(handle.writev([Buffer.of(2)], 1), { code: 'EIO' })
    handle.writevSync([Buffer.of(2)], 1)
    deepEqual([...disk.faults.struck], [['write error', 2]])
    deepEqual([...files.readFileSync('/f')], [1, 2])
  })
})

test('after a failed sync the data is read as before, the next sync succeeds, and the data is lost', async () => {
  const left = new Set<string>()
  for (let seed = 0; seed < 30; seed++) {
    await withDisk(async ({ simulation, disk, handle, files }) => {
      handle.writevSync([Buffer.from('kept ')], 0)
      await handle.dataSync()
      handle.writevSync([Buffer.from('lost ')], 5)
      disk.faults.inject({ operation: 'sync', effect: { kind: 'error', code: 'EIO' } })
      await rejects(handle.dataSync(), { code: 'EIO' })
      equal(files.readFileSync('/f').toString(), 'kept lost ')
      handle.writevSync([Buffer.from('after')], 10)
      await handle.dataSync()
      await simulation.crash('a', 'power')
      left.add(simulation.env('a').files.readFileSync('/f').toString())
    }, seed)
  }
  ok(left.has('kept \0\0\0\0\0after'), [...left].join('|'))
})

test('a full disk takes what fits, then refuses, and takes more when there is room', async () => {
  await withDisk(async ({ disk, handle, files }) => {
    disk.capacityBytes = 10
    equal(handle.writevSync([Buffer.alloc(6)], 0), 6)
    equal(handle.writevSync([Buffer.alloc(6)], 6), 4)
    throws(() => handle.writevSync([Buffer.alloc(1)], 10), { code: 'ENOSPC' })
    await rejects(files.writeFile('/g', Buffer.alloc(1)), { code: 'ENOSPC' })
    equal(handle.writevSync([Buffer.alloc(5)], 3), 5, 'what is there can be written over')
    deepEqual(await files.volume('/'), { totalBytes: 10, usableBytes: 0 })
    handle.truncateSync(2)
    equal(handle.writevSync([Buffer.alloc(6)], 2), 6)
  })
})

test('short, lost, flipped and misdirected writes do what their names say', async () => {
  await withDisk(async ({ simulation, disk, handle, files }) => {
    const write = (byte: number): number => handle.writevSync([Buffer.alloc(4, byte)], 0)
    disk.faults.inject({ operation: 'write', effect: { kind: 'short', bytes: 3 } })
    equal(write(1), 3)
    equal(files.readFileSync('/f').length, 3)
    disk.faults.inject({ operation: 'write', effect: { kind: 'flip' } })
    equal(write(2), 4)
    notDeepEqual([...files.readFileSync('/f')], [2, 2, 2, 2])
    write(3)
    await handle.dataSync()
    disk.faults.inject({ operation: 'write', effect: { kind: 'lost' } })
    write(4)
    await handle.dataSync()
    deepEqual([...files.readFileSync('/f')], [4, 4, 4, 4])
    await simulation.crash('a', 'power')
    deepEqual([...simulation.env('a').files.readFileSync('/f')], [3, 3, 3, 3])
  })
})

test('a stuck operation comes back when it is released, and a slow synchronous one holds its process', async () => {
  await withDisk(async ({ simulation, disk, handle }) => {
    disk.faults.inject({ operation: 'sync', effect: { kind: 'stuck' } })
    let isSynced = false
    const sync = handle.dataSync().then(() => {
      isSynced = true
    })
    await simulation.sleep(1_000_000)
    equal(isSynced, false)
    simulation.host('a').releaseStuckOperations()
    await sync
    const { clock } = simulation.env('a')
    const began = clock.monotonic()
    disk.faults.inject({ operation: 'write', effect: { kind: 'slow', ms: 40 } })
    handle.writevSync([Buffer.of(1)], 0)
    equal(Math.round(clock.monotonic() - began), 40)
  })
})

test('rates strike by chance, and a healed disk is sound', async () => {
  await withDisk(async ({ disk, handle }) => {
    disk.faults.rates = { readError: 0.5, readFlip: 0.5, writeError: 0.5 }
    let errors = 0
    for (let n = 0; n < 100; n++) {
      try {
        handle.writevSync([Buffer.of(n)], n)
      } catch {
        errors++
      }
    }
    ok(errors > 20 && errors < 80)
    equal(disk.faults.struck.get('write error'), errors)
    disk.faults.heal()
    for (let n = 0; n < 100; n++) handle.writevSync([Buffer.of(n)], n)
  })
})

test('a bit of a file can be turned over', async () => {
  await withDisk(async ({ disk, handle, files }) => {
    handle.writevSync([Buffer.of(0, 0, 0)], 0)
    disk.flipBit('/f', 1, 3)
    deepEqual([...files.readFileSync('/f')], [0, 8, 0])
  })
})
