import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { SharePersister } from '@ottla/coordinator'
import { AcknowledgeType } from './partition/acknowledgement.ts'
import { cursorOver } from './partition/batch-cursor.test.ts'
import { SharePartition, type StoredBatch } from './partition/share-partition.ts'
import { StateWriter } from './state-writer.ts'

const LIMITS = { deliveryCountLimit: 5, maxRecordLocks: 2000, lockDurationMs: 30_000, isDeadLettered: false }

/** A share partition whose first 100 records member `m` holds, and a store that takes everything. */
function fixture() {
  const state = new SharePartition({ startOffset: 0, stateBatches: [] }, LIMITS)
  const batches = cursorOver([{ first: 0, last: 99, kind: 'data' }])
  state.acquire({ memberId: 'm', mode: 'batch_optimized', maxRecords: 100, batchSize: 100, from: 0, batches }, 0)
  const writes: (readonly StoredBatch[])[] = []
  const deferred: (() => void)[] = []
  const persister: Pick<SharePersister, 'writeState'> = {
    async writeState({ topics }) {
      const { partition, stateBatches } = topics[0]!.partitions[0]!
      writes.push(stateBatches)
      return { results: [{ topicId: 't', partitions: [{ partition, errorCode: 0, errorMessage: null }] }] }
    },
  }
  const where = { groupId: 'g', topicId: 't', partition: 0, leaderEpoch: 0, stateEpoch: 0 }
  const writer = new StateWriter({
    ...where,
    persister: persister as SharePersister,
    state,
    now: () => 0,
    defer: (fn) => deferred.push(fn),
    onWritten: () => {},
  })
  const acknowledge = (offset: number): Promise<number> => {
    const batch = { firstOffset: offset, lastOffset: offset, acknowledgeTypes: [AcknowledgeType.ACCEPT] }
    const result = state.acknowledge('m', [batch], 0)
    if (result.kind === 'refused' || result.transition === null) throw new Error('not accepted')
    const { transition } = result
    return new Promise((resolve) => writer.add(transition, ({ error }) => resolve(error)))
  }
  const endTurn = (): void => {
    for (const fn of deferred.splice(0)) fn()
  }
  return { state, writes, acknowledge, endTurn }
}

test('what members decide in one turn is one write, and neighbours are one batch of it', async () => {
  const { state, writes, acknowledge, endTurn } = fixture()
  const answers = Array.from({ length: 50 }, (_, offset) => acknowledge(offset + 10))
  deepEqual(writes, [])
  endTurn()
  deepEqual(await Promise.all(answers), new Array(50).fill(0))
  deepEqual(writes, [[{ firstOffset: 10, lastOffset: 59, deliveryState: 2, deliveryCount: 1 }]])
  equal(state.runs.length, 3)
})

test('what is decided during a write is the next one, without the end of another turn', async () => {
  const { writes, acknowledge, endTurn } = fixture()
  const first = acknowledge(10)
  endTurn()
  const others = [11, 13].map(acknowledge)
  deepEqual(await Promise.all([first, ...others]), [0, 0, 0])
  deepEqual(
    writes.map((batches) => batches.map(({ firstOffset }) => firstOffset)),
    [[10], [11, 13]],
  )
})
