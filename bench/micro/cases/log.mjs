/** The indexes of a log, and appends to one whose files are in memory. */
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

/** The append of one batch; the writes are between the samples. */
async function appending(parent, recordsInBatch) {
  const slabs = new SlabPool()
  const resources = createLogResources(nodeEnv({ logLevel: 'fatal', timersKeepAlive: true }), {}, slabs)
  const log = await PartitionLog.open({
    resources,
    path: join(parent, `t-${recordsInBatch}`),
    topicPartition: { topic: 't', partition: recordsInBatch },
    config: DEFAULT_LOG_CONFIG,
    cleanShutdown: false,
    recoveryPoint: 0,
  })
  log.onProgress = () => {}
  const [batch] = batches({ count: 1, recordBytes: 100, batchBytes: recordsInBatch * 100, timestamp: 1 }).batches
  const written = async () => {
    while (log.writtenEnd < log.logEndOffset) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    run() {
      const slice = slabs.allocate(batch.length)
      batch.copy(slice.buffer)
      const { kind } = log.append(slice.buffer, { origin: 'client', leaderEpoch: 0, owner: slice })
      slice.release()
      if (kind !== 'appended') throw new Error(kind)
    },
    settle: written,
    close: () => log.close({ clean: true }),
  }
}

export async function log() {
  const parent = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'ottla-micro-'))
  process.once('exit', () => rmSync(parent, { recursive: true, force: true }))
  return { ...indexes(), 'append a batch of 1 record of 100 B to a log, without its write': await appending(parent, 1) }
}
