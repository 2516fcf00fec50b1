import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import { AcknowledgeType, acknowledgementProblem } from './acknowledgement.ts'
import type { AcquireMode } from './acquire.ts'
import { type BatchSpan, cursorOver } from './batch-cursor.test.ts'
import { DeliveryState, type Transition } from './run.ts'
import { type LoadedState, type ShareLimits, SharePartition } from './share-partition.ts'

const { ACCEPT, RELEASE, REJECT, RENEW, GAP } = AcknowledgeType
const LIMITS: ShareLimits = {
  deliveryCountLimit: 5,
  maxRecordLocks: 2000,
  lockDurationMs: 30_000,
  isDeadLettered: false,
}
const NAMES = ['available', 'acquired', 'acknowledged', 'archiving', 'archived']

/** Batches of the log, written `0-9 10-19c`: c is a control batch. */
function log(text: string): BatchSpan[] {
  return text.split(' ').map((word) => {
    const [first, last] = word.replace('c', '').split('-').map(Number)
    return { first: first!, last: last ?? first!, kind: word.endsWith('c') ? 'skipped' : 'data' }
  })
}

class Fixture {
  readonly partition: SharePartition
  nowMs = 1000

  constructor(limits: Partial<ShareLimits> = {}, state: LoadedState = { startOffset: 0, stateBatches: [] }) {
    this.partition = new SharePartition(state, { ...LIMITS, ...limits })
  }

  /** What the member got: `0-9x1`, first, last, delivery count. */
  acquire(memberId: string, spans: string, options: { max?: number; batch?: number; mode?: AcquireMode } = {}): string {
    const from = this.partition.nextOffset()
    if (from === null) return 'full'
    const acquired = this.partition.acquire(
      {
        memberId,
        mode: options.mode ?? 'batch_optimized',
        maxRecords: options.max ?? 500,
        batchSize: options.batch ?? 500,
        from,
        batches: cursorOver(log(spans)),
      },
      this.nowMs,
    )
    this.partition.check()
    return acquired
      .map(({ firstOffset, lastOffset, deliveryCount }) => `${firstOffset}-${lastOffset}x${deliveryCount}`)
      .join(' ')
  }

  decide(memberId: string, first: number, last: number, ...types: number[]): Transition | number | null {
    const batch = { firstOffset: first, lastOffset: last, acknowledgeTypes: types }
    const result = this.partition.acknowledge(memberId, [batch], this.nowMs)
    this.partition.check()
    return result.kind === 'refused' ? result.error : result.transition
  }

  /** Decides and stores. */
  settle(memberId: string, first: number, last: number, ...types: number[]): void {
    this.store(this.decide(memberId, first, last, ...types))
  }

  store(transition: Transition | number | null): void {
    if (transition === null || typeof transition === 'number') return
    this.partition.toWrite([transition])
    this.partition.stored([transition])
    this.partition.check()
  }

  get state(): string {
    const runs = this.partition.runs.map(({ first, last, state, deliveryCount, memberId, pending }) => {
      const who = memberId === '' ? '' : ` by ${memberId}`
      const next = pending === null ? '' : ` → ${NAMES[pending.state]}`
      return `${first}-${last} ${NAMES[state]}${state <= DeliveryState.ACQUIRED ? ` x${deliveryCount}` : ''}${who}${next}`
    })
    return runs.join(', ')
  }
}

test('a member gets whole batches, even where the maximum of records ends before', () => {
  const f = new Fixture()
  equal(f.acquire('a', '0-9 10-19 20-29', { max: 12 }), '0-19x1')
  equal(f.acquire('b', '20-29', { max: 12 }), '20-29x1')
  equal(f.state, '0-19 acquired x1 by a, 20-29 acquired x1 by b')
})

test('under a record limit a member gets no record more than it asked for, and the rest of the batch goes to the next', () => {
  const f = new Fixture()
  equal(f.acquire('a', '0-9', { max: 3, mode: 'record_limit' }), '0-2x1')
  equal(f.acquire('b', '0-9', { max: 4, mode: 'record_limit' }), '3-6x1')
  equal(f.acquire('c', '0-9 10-19', { max: 5, mode: 'record_limit' }), '7-11x1')
})

test('acquired records are named in parts of the batch size that end where batches end', () => {
  const f = new Fixture()
  equal(f.acquire('a', '0-3 4-7 8-11 12-15', { batch: 6 }), '0-7x1 8-15x1')
})

test('a group holds no more records than it may, and released ones can be had all the same', () => {
  const f = new Fixture({ maxRecordLocks: 10 })
  equal(f.acquire('a', '0-9'), '0-9x1')
  equal(f.acquire('b', '10-19'), 'full')
  f.settle('a', 4, 5, RELEASE)
  equal(f.partition.nextOffset(), 4)
  equal(f.acquire('b', '0-9 10-19'), '4-5x2')
  f.settle('a', 0, 3, ACCEPT)
  equal(f.acquire('b', '10-19'), '10-19x1')
})

test('the start moves past what is done, and not past what is not', () => {
  const f = new Fixture()
  f.acquire('a', '0-9')
  f.settle('a', 5, 9, ACCEPT)
  equal(f.partition.startOffset, 0)
  f.settle('a', 0, 3, ACCEPT, REJECT, GAP, ACCEPT)
  equal(f.partition.startOffset, 4)
  equal(f.state, '4-4 acquired x1 by a, 5-9 acknowledged')
  f.settle('a', 4, 4, ACCEPT)
  equal(f.partition.startOffset, 10)
  equal(f.state, '')
})

test('a decision counts when it is stored: until then nobody gets the records, and nobody decides again', () => {
  const f = new Fixture()
  f.acquire('a', '0-9')
  const transition = f.decide('a', 0, 9, RELEASE) as Transition
  equal(f.partition.nextOffset(), 10)
  equal(f.decide('a', 3, 3, ACCEPT), ErrorCode.INVALID_RECORD_STATE)
  f.store(transition)
  equal(f.acquire('b', '0-9'), '0-9x2')
})

test('a decision that cannot be stored leaves the lock where it was', () => {
  const f = new Fixture()
  f.acquire('a', '0-9')
  const transition = f.decide('a', 0, 9, ACCEPT) as Transition
  f.partition.toWrite([transition])
  f.partition.notStored([transition], f.nowMs)
  f.partition.check()
  equal(f.state, '0-9 acquired x1 by a')
  f.settle('a', 0, 9, ACCEPT)
  equal(f.partition.startOffset, 10)
})

test('a lock that ended while its decision could not be stored expires then', () => {
  const f = new Fixture()
  f.acquire('a', '0-9')
  const transition = f.decide('a', 0, 9, ACCEPT) as Transition
  f.partition.toWrite([transition])
  f.nowMs += 40_000
  equal(f.partition.expire(f.nowMs).expired, 0)
  f.partition.notStored([transition], f.nowMs + 1000)
  equal(f.partition.nextExpiryMs, f.nowMs + 1000)
  f.partition.expire(f.nowMs + 1000)
  equal(f.state, '0-9 available x1')
})

test('what a member says is accepted as a whole or not at all', () => {
  const f = new Fixture()
  f.acquire('a', '0-4')
  f.acquire('b', '5-9')
  const batches = [
    { firstOffset: 0, lastOffset: 4, acknowledgeTypes: [ACCEPT] },
    { firstOffset: 5, lastOffset: 5, acknowledgeTypes: [ACCEPT] },
  ]
  const result = f.partition.acknowledge('a', batches, f.nowMs)
  deepEqual([result.kind, result.kind === 'refused' && result.error], ['refused', ErrorCode.INVALID_RECORD_STATE])
  equal(f.state, '0-4 acquired x1 by a, 5-9 acquired x1 by b')
  equal(f.decide('a', 0, 10, ACCEPT), ErrorCode.INVALID_REQUEST)
})

test('released records come again with a higher delivery count, until the limit archives them', () => {
  const f = new Fixture({ deliveryCountLimit: 2 })
  equal(f.acquire('a', '0-1'), '0-1x1')
  f.settle('a', 0, 1, RELEASE)
  equal(f.acquire('a', '0-1'), '0-1x2')
  f.settle('a', 0, 1, RELEASE)
  equal(f.state, '')
  equal(f.partition.startOffset, 2)
})

test('a lock that expires makes the records available to others; at the delivery limit they are archived', () => {
  const f = new Fixture({ deliveryCountLimit: 2, lockDurationMs: 100 })
  f.acquire('a', '0-9')
  equal(f.partition.nextExpiryMs, 1100)
  f.nowMs = 1099
  equal(f.partition.expire(f.nowMs).expired, 0)
  f.nowMs = 1100
  deepEqual(f.partition.expire(f.nowMs), { expired: 10, transition: null })
  equal(f.decide('a', 0, 9, ACCEPT), ErrorCode.INVALID_RECORD_STATE)
  equal(f.acquire('b', '0-9'), '0-9x2')
  f.nowMs = 1200
  f.store(f.partition.expire(f.nowMs).transition)
  equal(f.partition.startOffset, 10)
})

test('a renewed lock lasts as long as a new one, and the delivery counts once', () => {
  const f = new Fixture({ lockDurationMs: 100 })
  f.acquire('a', '0-9')
  f.nowMs = 1080
  equal(f.decide('a', 2, 3, RENEW), null)
  f.nowMs = 1100
  equal(f.partition.expire(f.nowMs).expired, 8)
  equal(f.state, '0-1 available x1, 2-3 acquired x1 by a, 4-9 available x1')
  equal(f.partition.nextExpiryMs, 1180)
})

test('what a member held when it left was not delivered', () => {
  const f = new Fixture()
  f.acquire('a', '0-4')
  f.acquire('b', '5-9')
  equal(f.partition.release('a'), true)
  equal(f.partition.release('a'), false)
  equal(f.state, '0-4 available x0, 5-9 acquired x1 by b')
  equal(f.acquire('c', '0-4 5-9'), '0-4x1')
})

test('control batches, aborted ones and holes that compaction left are archived on the way', () => {
  const f = new Fixture()
  equal(f.acquire('a', '0-4 5c 8-9 12-12'), '0-4x1 8-9x1 12-12x1')
  equal(f.state, '0-4 acquired x1 by a, 5-7 archived, 8-9 acquired x1 by a, 10-11 archived, 12-12 acquired x1 by a')
})

test('records below the log start are gone, whoever held them, and what is said of them is not an error', () => {
  const f = new Fixture()
  f.acquire('a', '0-9')
  const transition = f.decide('a', 0, 1, ACCEPT) as Transition
  equal(f.partition.logStartMoved(5), true)
  equal(f.partition.logStartMoved(5), false)
  f.store(transition)
  equal(f.state, '5-9 acquired x1 by a')
  f.settle('a', 3, 6, ACCEPT)
  equal(f.partition.startOffset, 7)
  f.partition.logStartMoved(100)
  f.partition.check()
  deepEqual([f.partition.startOffset, f.partition.endOffset, f.partition.inFlight], [100, 100, 0])
})

test('a loaded state has available what nobody had decided on', () => {
  const stateBatches = [
    { firstOffset: 3, lastOffset: 4, deliveryState: DeliveryState.ACKNOWLEDGED, deliveryCount: 1 },
    { firstOffset: 7, lastOffset: 8, deliveryState: DeliveryState.AVAILABLE, deliveryCount: 2 },
  ]
  const f = new Fixture({}, { startOffset: 1, stateBatches })
  equal(f.state, '1-2 available x0, 3-4 acknowledged, 5-6 available x0, 7-8 available x2')
  equal(f.acquire('a', '0-9'), '1-2x1 5-6x1 7-8x3 9-9x1')
})

test('what is written tells the start as it will be, and lists what lies behind it', () => {
  const f = new Fixture()
  f.acquire('a', '0-9')
  const first = f.decide('a', 0, 2, ACCEPT) as Transition
  const second = f.decide('a', 5, 6, ACCEPT, RELEASE) as Transition
  deepEqual(f.partition.toWrite([first, second]), {
    startOffset: 3,
    stateBatches: [
      { firstOffset: 5, lastOffset: 5, deliveryState: DeliveryState.ACKNOWLEDGED, deliveryCount: 1 },
      { firstOffset: 6, lastOffset: 6, deliveryState: DeliveryState.AVAILABLE, deliveryCount: 1 },
    ],
    deliveryCompleteCount: 1,
  })
})

test('expired locks are written with the next write, and again when it fails', () => {
  const f = new Fixture({ lockDurationMs: 100 })
  f.acquire('a', '0-1')
  f.partition.expire(f.nowMs + 100)
  equal(f.partition.hasUnwritten, true)
  const expected = { firstOffset: 0, lastOffset: 1, deliveryState: DeliveryState.AVAILABLE, deliveryCount: 1 }
  deepEqual(f.partition.toWrite([]).stateBatches, [expected])
  equal(f.partition.hasUnwritten, false)
  f.partition.notStored([], f.nowMs)
  deepEqual(f.partition.toWrite([]).stateBatches, [expected])
  f.partition.stored([])
  deepEqual(f.partition.toWrite([]).stateBatches, [])
})

test('a lock that is held is not written, nor its delivery counted: a loaded state delivers no more often than the limit', () => {
  const f = new Fixture({ lockDurationMs: 100, deliveryCountLimit: 2 })
  f.acquire('a', '0-1')
  f.nowMs += 100
  f.partition.expire(f.nowMs)
  equal(f.acquire('b', '0-1'), '0-1x2')
  const written = f.partition.toWrite([])
  deepEqual(written.stateBatches, [{ firstOffset: 0, lastOffset: 1, deliveryState: 0, deliveryCount: 1 }])
  equal(new Fixture({ deliveryCountLimit: 2 }, written).acquire('c', '0-1'), '0-1x2')
})

test('refused records are archiving until their copy is safe, and hold the start', () => {
  const f = new Fixture({ isDeadLettered: true })
  f.acquire('a', '0-9')
  f.settle('a', 0, 1, REJECT)
  equal(f.state, '0-1 archiving, 2-9 acquired x1 by a')
  deepEqual(f.partition.takeDeadLetters(), [{ firstOffset: 0, lastOffset: 1, deliveryCount: 1, cause: 'rejected' }])
  deepEqual(f.partition.takeDeadLetters(), [])
  const archive = f.partition.archive(0, 1)!
  f.partition.toWrite([archive])
  f.partition.notStored([archive], f.nowMs)
  equal(f.state, '0-1 archiving, 2-9 acquired x1 by a')
  f.store(f.partition.archive(0, 1))
  equal(f.partition.startOffset, 2)
})

test('records at the delivery limit go the same way, and so do those that were archiving before a restart', () => {
  const f = new Fixture({ isDeadLettered: true, deliveryCountLimit: 2 })
  f.acquire('a', '0-0')
  f.settle('a', 0, 0, RELEASE)
  f.acquire('a', '0-0')
  f.settle('a', 0, 0, RELEASE)
  deepEqual(f.partition.takeDeadLetters(), [
    { firstOffset: 0, lastOffset: 0, deliveryCount: 2, cause: 'delivery-limit' },
  ])
  const stateBatches = [{ firstOffset: 4, lastOffset: 4, deliveryState: DeliveryState.ARCHIVING, deliveryCount: 1 }]
  const loaded = new Fixture({}, { startOffset: 4, stateBatches })
  deepEqual(loaded.partition.takeDeadLetters(), [
    { firstOffset: 4, lastOffset: 4, deliveryCount: 1, cause: 'rejected' },
  ])
})

test('a gap is archived without a dead letter', () => {
  const f = new Fixture({ isDeadLettered: true })
  f.acquire('a', '0-0')
  f.settle('a', 0, 0, GAP)
  equal(f.partition.startOffset, 1)
})

test('records that failed often come in small parts, at their last delivery alone', () => {
  const f = new Fixture()
  const counts: string[] = []
  for (let round = 0; round < 5; round++) {
    const got = f.acquire('a', '0-7')
    counts.push(got)
    f.partition.expire(f.nowMs + 30_000)
  }
  deepEqual(counts, ['0-7x1', '0-7x2', '0-7x3', '0-3x4', '0-0x5'])
})

test('acknowledgements must be in order, complete and of known types', () => {
  const plain = { isRenewAck: false, isRenewEnabled: true }
  const problem = (batches: [number, number, number[]][], rules = plain): boolean =>
    acknowledgementProblem(
      batches.map(([firstOffset, lastOffset, acknowledgeTypes]) => ({ firstOffset, lastOffset, acknowledgeTypes })),
      rules,
    ) !== null
  equal(
    problem([
      [0, 2, [1]],
      [3, 3, [2]],
    ]),
    false,
  )
  equal(problem([[0, 2, [1, 2, 3]]]), false)
  equal(problem([[3, 2, [1]]]), true)
  equal(problem([[0, 2, [1, 1]]]), true)
  equal(problem([[0, 2, []]]), true)
  equal(
    problem([
      [0, 2, [1]],
      [2, 3, [1]],
    ]),
    true,
  )
  equal(problem([[0, 2, [5]]]), true)
  equal(problem([[0, 2, [-1]]]), true)
  equal(problem([[0, 2, [4]]]), true)
  equal(problem([[0, 2, [4]]], { isRenewAck: true, isRenewEnabled: true }), false)
  equal(problem([[0, 2, [4]]], { isRenewAck: true, isRenewEnabled: false }), true)
})
