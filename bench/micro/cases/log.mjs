/** The indexes of a log; appends to one whose files are in memory, the flush of what a turn appended, and reads of its tail. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeEnv } from '@ottla/env/node'
import { createLogResources, DEFAULT_LOG_CONFIG, OffsetIndex, PartitionLog, TimeIndex } from '@ottla/log'
import { SlabPool } from '@ottla/stdx'
import { batches } from '../../load/batches.mjs'

const ENTRIES = 100_000
const MEMORY = '/dev/shm'

function indexes() {
  const offsets = new OffsetIndex(0)
  const times = new TimeIndex(0)
  for (let i = 1; i <= ENTRIES; i += 1) {
    offsets.append(i * 40, i * 4096)
    times.maybeAppend(1_700_000_000_000 + i, i * 40)
  }
  let at = 1
  const next = () => {
    at = (at * 48271) % 2147483647
    return at % (ENTRIES * 40)
  }
  let growing = new OffsetIndex(0)
  let offset = 0
  return {
    'look up an offset among 100,000': { run: () => offsets.floor(next()) },
    'look up a time among 100,000': { run: () => times.floor(1_700_000_000_000 + next() / 40) },
    'append to an offset index': {
      run() {
        if (growing.count === ENTRIES) growing = new OffsetIndex((offset = 0))
        offset += 40
        growing.append(offset, offset)
      },
    },
  }
}

/** A log whose deferred work is done when `endTurn` is called, or else by itself. */
async function openLog(parent, partition, { isTurned }) {
  const slabs = new SlabPool()
  const env = nodeEnv({ logLevel: 'fatal', timersKeepAlive: true })
  let deferred = []
  const timers = { after: (...args) => env.timers.after(...args), defer: (fn) => deferred.push(fn) }
  // Time stands still, so that no write seems slow: after one that does, the next ones are done by threads.
  const clock = { now: () => 0, monotonic: () => 0 }
  const log = await PartitionLog.open({
    resources: createLogResources(isTurned ? { ...env, clock, timers } : env, {}, slabs),
    path: join(parent, `t-${partition}`),
    topicPartition: { topic: 't', partition },
    config: DEFAULT_LOG_CONFIG,
    cleanShutdown: false,
    recoveryPoint: 0,
  })
  log.onProgress = () => {}
  const [batch] = batches({ count: 1, recordBytes: 100, batchBytes: 100, timestamp: 1 }).batches
  return {
    log,
    append() {
      const slice = slabs.allocate(batch.length)
      batch.copy(slice.buffer)
      const { kind } = log.append(slice.buffer, { origin: 'client', leaderEpoch: 0, owner: slice })
      slice.release()
      if (kind !== 'appended') throw new Error(kind)
    },
    endTurn() {
      const now = deferred
      deferred = []
      for (const fn of now) fn()
    },
    close: () => log.close({ clean: true }),
  }
}

/** The append of one batch; the writes are between the samples. */
async function appending(parent) {
  const { log, append, close } = await openLog(parent, 0, { isTurned: false })
  const settle = async () => {
    while (log.writtenEnd < log.logEndOffset) await new Promise((resolve) => setImmediate(resolve))
  }
  return { run: append, settle, close }
}

/** With the write, at the end of a turn that brought ten batches. */
async function flushing(parent) {
  const { append, endTurn, close } = await openLog(parent, 1, { isTurned: true })
  return {
    run() {
      for (let i = 0; i < 10; i += 1) append()
      endTurn()
    },
    close,
  }
}

/** 16 KB from the midst of many small batches. */
async function reading(parent) {
  const { log, append, endTurn, close } = await openLog(parent, 2, { isTurned: true })
  const count = 5000
  for (let i = 0; i < count; i += 1) {
    append()
    endTurn()
  }
  let at = 0
  return {
    run() {
      at = (at + 997) % (count - 200)
      const read = log.read(at, { maxBytes: 16 << 10, minOneBatch: true, upTo: count })
      if (read.kind !== 'records') throw new Error(read.kind)
      read.release()
    },
    close,
  }
}

export async function log() {
  const parent = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'ottla-micro-'))
  process.once('exit', () => rmSync(parent, { recursive: true, force: true }))
  return {
    ...indexes(),
    'append a batch of 1 record of 100 B to a log, without its write': await appending(parent),
    'append ten such batches and write them at the end of the turn': await flushing(parent),
    'read 16 KB of small batches from the tail': await reading(parent),
  }
}
