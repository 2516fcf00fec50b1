import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { type FileSystem, writeFileAtomic } from '@ottla/env'
import { DeadProcessError } from '../process.ts'
import { Simulation } from '../simulation.ts'
import type { PowerLossMode } from './power-loss.ts'

const text = (value: string): Buffer => Buffer.from(value)

/** Runs `before`, lets the host crash, and gives what `after` finds; once per seed. */
async function found<T>(
  options: { seeds: number; kind: 'process' | 'power'; mode?: PowerLossMode },
  before: (files: FileSystem, simulation: Simulation) => Promise<void>,
  after: (files: FileSystem) => T,
): Promise<T[]> {
  const results: T[] = []
  for (let seed = 0; seed < options.seeds; seed++) {
    const simulation = new Simulation({ seed })
    await simulation.run(async () => {
      await before(simulation.env('a').files, simulation)
      await simulation.crash('a', options.kind, options.mode)
      results.push(after(simulation.env('a').files))
    })
  }
  return results
}

const content = (files: FileSystem, path: string): string | null =>
  files.statSync(path) === null ? null : files.readFileSync(path).toString()

async function syncedThenNot(files: FileSystem): Promise<void> {
  const handle = files.openSync('/f', 'create')
  handle.writevSync([text('synced ')], 0)
  await handle.dataSync()
  await files.syncDirectory('/')
  handle.writevSync([text('one ')], 7)
  handle.writevSync([text('two')], 11)
}

test('a crash of the process keeps everything that was written, synced or not', async () => {
  const results = await found({ seeds: 5, kind: 'process' }, syncedThenNot, (files) => content(files, '/f'))
  deepEqual(new Set(results), new Set(['synced one two']))
})

test('a loss of power keeps what was synced, and nothing else when the mode is none', async () => {
  const results = await found({ seeds: 5, kind: 'power', mode: 'none' }, syncedThenNot, (files) => content(files, '/f'))
  deepEqual(new Set(results), new Set(['synced ']))
})

test('each mode of a loss of power leaves what it may leave, and all of it comes up', async () => {
  const outcomes = async (mode: PowerLossMode): Promise<Set<string | null>> =>
    new Set(await found({ seeds: 300, kind: 'power', mode }, syncedThenNot, (files) => content(files, '/f')))
  deepEqual(await outcomes('all'), new Set(['synced one two']))
  deepEqual(await outcomes('prefix'), new Set(['synced ', 'synced one ', 'synced one two']))
  const subset = await outcomes('subset')
  for (const expected of ['synced ', 'synced one ', 'synced one two', 'synced \0\0\0\0two', 'synced one \0\0\0'])
    ok(subset.has(expected), JSON.stringify(expected))
  for (const result of subset) ok(result?.startsWith('synced '))
  ok(
    [...subset].some((result) => /^synced [^o\0]/.test(result ?? '')),
    'garbage where data was lost',
  )
})

test('a torn write keeps whole sectors', async () => {
  const results = await found(
    { seeds: 100, kind: 'power', mode: 'torn' },
    async (files) => {
      const handle = files.openSync('/f', 'create')
      handle.writevSync([Buffer.alloc(20_000, 0)], 0)
      await handle.dataSync()
      await files.syncDirectory('/')
      handle.writevSync([Buffer.alloc(10_000, 1)], 300)
    },
    (files) => files.readFileSync('/f'),
  )
  let torn = 0
  for (const bytes of results) {
    equal(bytes.length, 20_000)
    for (let at = 1; at < bytes.length; at++) {
      if (bytes[at] !== bytes[at - 1]) ok(at % 512 === 0 || at === 300 || at === 10_300, `a change at ${at}`)
    }
    if (bytes.includes(1) && bytes.indexOf(0, 300) < 10_300) torn++
  }
  ok(torn > 30)
})

test('a name that was not synced may be gone though its data was, and a rename may be undone', async () => {
  const names = (files: FileSystem): string =>
    files
      .listSync('/d')
      .map(({ name }) => name)
      .join()
  const created = await found(
    { seeds: 40, kind: 'power' },
    async (files) => {
      await files.makeDirectory('/d')
      await files.syncDirectory('/')
      const handle = files.openSync('/d/f', 'create')
      handle.writevSync([text('abc')], 0)
      await handle.dataSync()
    },
    (files) => names(files) + (content(files, '/d/f') ?? ''),
  )
  deepEqual(new Set(created), new Set(['', 'fabc']))
  const renamed = await found(
    { seeds: 40, kind: 'power' },
    async (files) => {
      await files.makeDirectory('/d')
      await files.syncDirectory('/')
      await files.writeFile('/d/old', text('abc'))
      await files.syncDirectory('/d')
      await files.rename('/d/old', '/d/new')
    },
    names,
  )
  deepEqual(new Set(renamed), new Set(['old', 'new']))
})

test('a rename may survive without the data of the file', async () => {
  const results = await found(
    { seeds: 200, kind: 'power' },
    async (files) => {
      await files.writeFile('/tmp', text('abc'))
      await files.rename('/tmp', '/f')
      await files.syncDirectory('/')
    },
    (files) => content(files, '/f'),
  )
  ok(results.includes(''))
  ok(results.includes('abc'))
})

test('a rename between two directories is there wholly or not at all, and a sync of one is enough', async () => {
  const before = async (files: FileSystem): Promise<void> => {
    await files.makeDirectory('/a')
    await files.makeDirectory('/b')
    await files.syncDirectory('/')
    await files.writeFile('/a/f', text(''))
    await files.syncDirectory('/a')
    await files.rename('/a/f', '/b/f')
  }
  const where = (files: FileSystem): string => `${files.listSync('/a').length}${files.listSync('/b').length}`
  deepEqual(new Set(await found({ seeds: 50, kind: 'power' }, before, where)), new Set(['10', '01']))
  const synced = async (files: FileSystem): Promise<void> => {
    await before(files)
    await files.syncDirectory('/a')
  }
  deepEqual(new Set(await found({ seeds: 20, kind: 'power' }, synced, where)), new Set(['01']))
})

test('an atomic write leaves the old or the new content, wherever the power goes', async () => {
  for (let at = 1; at <= 12; at++) {
    for (let seed = 0; seed < 20; seed++) {
      const simulation = new Simulation({ seed: `${seed} at ${at}` })
      await simulation.run(async () => {
        const { files } = simulation.env('a')
        await writeFileAtomic(files, '/f', text('old'))
        const { disk } = simulation.host('a')
        const began = disk.changes
        disk.onChange = ({ index }) => {
          if (index === began + at) simulation.host('a').crash('power')
        }
        let isDone = false
        writeFileAtomic(files, '/f', text('newer content')).then(
          () => {
            isDone = true
          },
          (error) => ok(error instanceof DeadProcessError),
        )
        await simulation.sleep(100)
        const left = content(simulation.env('a').files, '/f')
        ok(left === 'newer content' || (left === 'old' && !isDone), `${left}, done ${isDone}`)
      })
    }
  }
})

test('a sync covers what was written before it began, not what came while it was under way', async () => {
  const results = await found(
    { seeds: 5, kind: 'power', mode: 'none' },
    async (files) => {
      const handle = files.openSync('/f', 'create')
      await files.syncDirectory('/')
      handle.writevSync([text('before')], 0)
      const sync = handle.dataSync()
      handle.writevSync([text(' while')], 6)
      await sync
    },
    (files) => content(files, '/f'),
  )
  deepEqual(new Set(results), new Set(['before']))
})

test('nothing of a dead process goes on: timers, deferred calls, pending files and streams stay silent, calls throw', async () => {
  const simulation = new Simulation({ seed: 1 })
  const signs: string[] = []
  await simulation.run(async () => {
    const { files, timers, network, clock, logger } = simulation.env('a')
    await network.listen({ host: '', port: 1 }, (stream) => {
      stream.onClose = () => signs.push('stream')
    })
    const peer = await simulation.env('b').network.connect({ host: 'a', port: 1 })
    await simulation.sleep(5)
    const handle = files.openSync('/f', 'create')
    const sign = (name: string) => () => void signs.push(name)
    timers.after(1, sign('timer'))
    timers.defer(sign('deferred'))
    handle.dataSync().then(sign('sync'), sign('sync failed'))
    handle.writev([text('x')], 0).then(sign('write'), sign('write failed'))
    files.readFile('/f').then(sign('read'), sign('read failed'))
    network.connect({ host: 'b', port: 1 }).then(sign('connect'), sign('connect failed'))
    const isClosed = new Promise((resolve) => {
      peer.onClose = resolve
    })
    simulation.host('a').crash('process')
    await isClosed
    await simulation.sleep(10_000)
    deepEqual(signs, [])
    throws(() => files.openSync('/f', 'r'), DeadProcessError)
    throws(() => handle.writevSync([text('x')], 0), DeadProcessError)
    timers.after(0, sign('late timer'))
    logger.info('unheard')
    ok(clock.now() > 0)
    await simulation.sleep(10)
    deepEqual(signs, [])
    deepEqual(simulation.host('a').log, [])
  })
})

test('a lock is free after a crash', async () => {
  const simulation = new Simulation({ seed: 1 })
  await simulation.run(async () => {
    await simulation.env('a').files.makeDirectory('/data')
    await simulation.env('a').files.lockDirectory('/data')
    await rejects(simulation.env('a').files.lockDirectory('/data'), { code: 'ELOCKED' })
    await simulation.crash('a', 'process')
    await simulation.env('a').files.lockDirectory('/data')
  })
})

test('the power may go after the process had ended, and a lock of a former life frees nothing', async () => {
  const simulation = new Simulation({ seed: 1 })
  await simulation.run(async () => {
    const former = simulation.env('a').files
    await former.makeDirectory('/data')
    await former.syncDirectory('/')
    const lock = await former.lockDirectory('/data')
    await syncedThenNot(former)
    equal(simulation.host('a').openFiles, 1)
    await simulation.crash('a', 'process')
    await simulation.crash('a', 'power', 'none')
    const { files } = simulation.env('a')
    equal(simulation.host('a').openFiles, 0)
    equal(content(files, '/f'), 'synced ')
    await files.lockDirectory('/data')
    await lock.release()
    await rejects(files.lockDirectory('/data'), { code: 'ELOCKED' })
  })
})

test('a copy of a disk shows what a crash would leave, and the original goes on', async () => {
  const simulation = new Simulation({ seed: 1 })
  await simulation.run(async () => {
    const { files } = simulation.env('a')
    const { disk } = simulation.host('a')
    await syncedThenNot(files)
    const left = new Set<string>()
    for (let n = 0; n < 50; n++) {
      const copy = disk.clone(`copy ${n}`)
      copy.losePower('prefix')
      simulation.host(`copy-${n}`).disk = copy
      left.add(simulation.env(`copy-${n}`).files.readFileSync('/f').toString())
    }
    deepEqual(left, new Set(['synced ', 'synced one ', 'synced one two']))
    equal(content(files, '/f'), 'synced one two')
  })
})
