import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { ShardTable } from './shard-table.ts'

const moved = () => new Error('moved')

class Host {
  readonly name: string
  unloadedWith: string | undefined

  constructor(name: string) {
    this.name = name
  }

  unload(error: Error): void {
    this.unloadedWith = error.message
  }
}

function gate(): { promise: Promise<void>; open: () => void } {
  let open = () => {}
  const promise = new Promise<void>((resolve) => {
    open = resolve
  })
  return { promise, open }
}

test('a partition is loading, then active, then absent', async () => {
  const table = new ShardTable<Host>()
  const host = new Host('h')
  const { promise, open } = gate()
  const loading = table.load(0, 1, () => promise.then(() => host), moved)
  equal(table.stateOf(0).kind, 'loading')
  equal(table.isLoading, true)
  open()
  equal(await loading, 'active')
  deepEqual(table.stateOf(0).kind, 'active')
  table.unload(0, 2, moved())
  equal(table.stateOf(0).kind, 'absent')
  equal(host.unloadedWith, 'moved')
})

test('an older epoch neither loads nor unloads', async () => {
  const table = new ShardTable<Host>()
  await table.load(0, 5, async () => new Host('five'), moved)
  equal(await table.load(0, 5, async () => new Host('again'), moved), 'stale')
  equal(await table.load(0, 4, async () => new Host('four'), moved), 'stale')
  table.unload(0, 4, moved())
  const state = table.stateOf(0)
  equal(state.kind === 'active' && state.host.name, 'five')
  table.unload(0, 7, moved())
  equal(await table.load(0, 6, async () => new Host('six'), moved), 'stale')
  equal(await table.load(0, 8, async () => new Host('eight'), moved), 'active')
})

test('a load that is overtaken by another is aborted, and what it opened is unloaded', async () => {
  const table = new ShardTable<Host>()
  const { promise, open } = gate()
  const slow = new Host('slow')
  let signal: AbortSignal | undefined
  const first = table.load(
    0,
    1,
    async (given) => {
      signal = given
      await promise
      return slow
    },
    moved,
  )
  equal(await table.load(0, 2, async () => new Host('fast'), moved), 'active')
  equal(signal?.aborted, true)
  open()
  equal(await first, 'overtaken')
  equal(slow.unloadedWith, 'moved')
  const state = table.stateOf(0)
  equal(state.kind === 'active' && state.host.name, 'fast')
})

test('a load that fails leaves the partition failed until a newer epoch', async () => {
  const table = new ShardTable<Host>()
  await rejects(
    table.load(0, 1, () => Promise.reject(new Error('corrupt')), moved),
    /corrupt/,
  )
  equal(table.stateOf(0).kind, 'failed')
  equal(await table.load(0, 2, async () => new Host('h'), moved), 'active')
})

test('a partition that is no more begins its epochs anew', async () => {
  const table = new ShardTable<Host>()
  await table.load(0, 9, async () => new Host('old'), moved)
  table.forget(0, moved())
  equal(await table.load(0, 0, async () => new Host('new'), moved), 'active')
  deepEqual(
    [...table.active()].map(([partition, { name }]) => [partition, name]),
    [[0, 'new']],
  )
  table.forgetAll(moved())
  equal(table.stateOf(0).kind, 'absent')
})
