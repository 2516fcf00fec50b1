import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { MapShard, type Put } from './harness.ts'
import { type LoadedRecords, loadShard } from './load-shard.ts'
import { ManualTime } from './manual-time.ts'

function batch(first: number, puts: readonly Put[], nextOffset = first + puts.length): LoadedRecords<Put> {
  return { records: puts.map((record, index) => ({ offset: first + index, record })), nextOffset }
}

test('loading replays all records and ends where the log ends, gaps and control batches included', async () => {
  const time = new ManualTime()
  const shard = new MapShard()
  const source = [batch(3, [{ key: 'a', value: 1 }]), batch(7, [{ key: 'a', value: 2 }], 9), batch(9, [], 10)]
  const loaded = await loadShard({ shard, source, clock: time, timers: time })
  deepEqual(loaded, { endOffset: 10, recordCount: 2, durationMs: 0 })
  deepEqual(shard.replayed, [3, 7])
})

test('a long log does not hold the loop', async () => {
  const time = new ManualTime()
  const shard = new MapShard()
  let turns = 0
  const clock = { now: () => 0, monotonic: () => shard.replayed.length / 100 }
  const timers = {
    after: (_: number, fn: () => void) => {
      turns += 1
      queueMicrotask(fn)
      return { cancel: () => {} }
    },
  }
  const source = [batch(0, new Array(10_000).fill({ key: 'a', value: 1 }))]
  await loadShard({ shard, source, clock, timers })
  equal(turns > 10, true)
  equal(time.pendingCount, 0)
})

test('loading stops when its signal says so', async () => {
  const time = new ManualTime()
  const abort = new AbortController()
  const source = (async function* () {
    yield batch(0, [{ key: 'a', value: 1 }])
    abort.abort(new Error('moved'))
    yield batch(1, [{ key: 'a', value: 2 }])
  })()
  const shard = new MapShard()
  await rejects(loadShard({ shard, source, clock: time, timers: time, signal: abort.signal }), /moved/)
  equal(shard.values.get('a'), 1)
})
