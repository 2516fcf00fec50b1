import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { ServerRequest } from '@ottla/net'
import { Simulation } from '@ottla/sim'
import { Deadlines } from '../purgatory/deadlines.ts'
import { PendingShareFetch, type ShareTargetResult } from './pending-share-fetch.ts'
import type { ShareLeader, ShareWaiter } from './share-leader.ts'

test('a share fetch that nobody waits for any more leaves its partitions, and takes nothing', () => {
  const deadlines = new Deadlines(new Simulation({ seed: 'share' }).env('broker'))
  const waiters = new Set<ShareWaiter>()
  let reads = 0
  const leader = {
    failure: null,
    isAvailable: false,
    watch: (waiter: ShareWaiter) => waiters.add(waiter),
    unwatch: (waiter: ShareWaiter) => waiters.delete(waiter),
    read: () => ++reads,
  } as unknown as ShareLeader
  const exchange = {
    owner: null as { abandoned(): void } | null,
    isOver: false,
    connection: { isDraining: false },
    whenWritable: (fn: () => void) => fn(),
    takeShare: (bytes: number) => bytes,
  }
  const completed: (ShareTargetResult[] | null)[] = []
  const pending = new PendingShareFetch(
    {
      targets: [{ of: { topicId: 't', partition: 0 }, found: { kind: 'leader', leader } }],
      memberId: 'm',
      mode: 'batch_optimized',
      maxRecords: 10,
      batchSize: 10,
      minBytes: 1,
      maxBytes: 1000,
      maxWaitMs: 1000,
      deadlines,
      exchange: exchange as unknown as ServerRequest,
      onFault: (error) => {
        throw error
      },
    },
    (results) => completed.push(results),
  )
  pending.start()
  deepEqual([waiters.size, deadlines.size, completed], [1, 1, []])
  exchange.isOver = true
  exchange.owner!.abandoned()
  deepEqual([waiters.size, deadlines.size, completed], [0, 0, [null]])
  equal(reads, 0)
})
