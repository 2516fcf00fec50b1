/** What coordinators and the controller stand on: collections that can go back, and the runtime of a shard. */
import { ShardRuntime } from '@ottla/runtime'
import { SnapshotRegistry, TimelineMap } from '@ottla/stdx'

const KEYS = 10_000

function timeline() {
  const registry = new SnapshotRegistry()
  const map = new TimelineMap(registry)
  for (let key = 0; key < KEYS; key += 1) map.set(key, 0)
  let at = 0
  return () => {
    at += 1
    registry.snapshot(at)
    map.set(at % KEYS, at)
    registry.release(Number.POSITIVE_INFINITY)
  }
}

/** Decisions of one record, committed ten at a time. */
function shard() {
  const registry = new SnapshotRegistry()
  const map = new TimelineMap(registry)
  let end = 0
  const runtime = new ShardRuntime({
    shard: { replay: (record) => map.set(record % KEYS, record) },
    registry,
    writer: { append: (records) => (end += records.length) },
    clock: { now: () => 0, monotonic: () => 0 },
    timers: { after: () => ({ cancel() {} }) },
  })
  const decide = (_, token) => ({ records: [end], replies: [{ token, value: end }] })
  return () => {
    for (let i = 0; i < 10; i += 1) void runtime.submit(decide)
    runtime.committed(end)
  }
}

export const shards = () => ({
  'timeline map: mark, set one of 10,000, let the mark go': { run: timeline() },
  'shard: ten decisions, appended, replayed, committed together': {
    run: shard(),
    // Answers leave in microtasks.
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  },
})
