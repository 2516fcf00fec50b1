import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { Simulation } from '@ottla/sim'
import { FolderSyncs, makeFolder } from './folder-syncs.ts'
import { Limiter } from './limiter.ts'
import { OpenFiles } from './open-files.ts'

function inSimulation(name: string, body: (sim: Simulation) => Promise<void>): void {
  test(name, async () => {
    const sim = new Simulation({ seed: name })
    await sim.run(() => body(sim))
  })
}

inSimulation('handles are shared, and the least recently used one is closed for a new one', async (sim) => {
  const files = new OpenFiles(sim.env('host').files, 2)
  const a = files.take('/a', 'create')
  equal(files.take('/a', 'r'), a)
  files.giveBack(a)
  files.giveBack(a)
  files.giveBack(files.take('/b', 'create'))
  files.giveBack(files.take('/a', 'r'))
  files.giveBack(files.take('/c', 'create'))
  equal(files.open, 2)
  equal(files.opened, 3)
  files.giveBack(files.take('/a', 'r'))
  equal(files.opened, 3, '/a was used later than /b')
})

inSimulation('a handle in use is not closed', async (sim) => {
  const files = new OpenFiles(sim.env('host').files, 1)
  const a = files.take('/a', 'create')
  const b = files.take('/b', 'create')
  a.handle.writevSync([Buffer.from('x')], 0)
  files.giveBack(b)
  files.giveBack(files.take('/c', 'create'))
  a.handle.writevSync([Buffer.from('x')], 0)
  files.forget('/a')
  a.handle.writevSync([Buffer.from('x')], 0)
  files.giveBack(a)
})

inSimulation('a handle for reading gives way to one for writing', async (sim) => {
  const files = new OpenFiles(sim.env('host').files, 4)
  files.giveBack(files.take('/a', 'create'))
  files.forget('/a')
  const reader = files.take('/a', 'r')
  const writer = files.take('/a', 'r+')
  writer.handle.writevSync([Buffer.from('x')], 0)
  equal(reader.handle.sizeSync(), 1)
  files.giveBack(reader)
  files.giveBack(writer)
})

inSimulation(
  'a file with unsynced writes is synced before its handle is closed, and a failure is told',
  async (sim) => {
    const files = new OpenFiles(sim.env('host').files, 1)
    const failures: unknown[] = []
    const owner = { fileSyncFailed: (error: unknown) => failures.push(error) }
    for (const path of ['/a', '/b']) {
      const file = files.take(path, 'create')
      file.unsyncedBy = owner
      file.handle.writevSync([Buffer.from('x')], 0)
      files.giveBack(file)
      if (path === '/a')
        sim.host('host').disk.faults.inject({ operation: 'sync', effect: { kind: 'error', code: 'EIO' } })
    }
    await sim.sleep(100)
    equal(failures.length, 1)
    files.giveBack(files.take('/c', 'create'))
    await sim.sleep(100)
    equal(failures.length, 1)
    equal(sim.host('host').disk.file('/b').durable.size, 1)
  },
)

inSimulation('when descriptors run out idle handles are given back', async (sim) => {
  const files = new OpenFiles(sim.env('host').files, 10)
  for (const path of ['/a', '/b']) files.giveBack(files.take(path, 'create'))
  sim.host('host').disk.faults.inject({ operation: 'open', effect: { kind: 'error', code: 'EMFILE' } })
  files.giveBack(files.take('/c', 'create'))
  equal(files.open, 1)
})

inSimulation('jobs of a limiter start in order, so many at a time', async (sim) => {
  const limiter = new Limiter(2)
  const order: string[] = []
  const job = (name: string) => async (): Promise<void> => {
    order.push(`+${name}`)
    await sim.sleep(1 + order.length / 10)
    order.push(`-${name}`)
    if (name === 'b') throw new Error('b')
  }
  const runs = ['a', 'b', 'c', 'd'].map((name) => limiter.run(job(name)).catch(() => {}))
  equal(limiter.running, 2)
  equal(limiter.waiting, 2)
  await Promise.all(runs)
  deepEqual(order, ['+a', '+b', '-a', '+c', '-b', '+d', '-c', '-d'])
  equal(limiter.running, 0)
})

inSimulation('syncs of a folder that are asked for meanwhile are one', async (sim) => {
  const { files } = sim.env('host')
  await makeFolder(files, '/data/x')
  const folders = new FolderSyncs(files)
  let syncs = 0
  sim.host('host').disk.onChange = ({ operation }) => {
    if (operation === 'syncDirectory') syncs++
  }
  await Promise.all([1, 2, 3, 4, 5].map(() => folders.sync('/data/x')))
  equal(syncs, 2)
  await folders.sync('/data/x')
  equal(syncs, 3)
})

inSimulation('a folder that was made is there after a loss of power', async (sim) => {
  await makeFolder(sim.env('host').files, '/a/b/c')
  await sim.crash('host', 'power', 'none')
  ok(sim.env('host').files.statSync('/a/b/c')?.isDirectory)
})
