/**
 * Random members, clocks, stores and crashes against a share partition, held against a model that knows each offset on its own: every record
 * ends in exactly one final state, nobody gets what is final or what another holds, and no lock is lost.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AcknowledgeType } from './acknowledgement.ts'
import type { AcquireMode } from './acquire.ts'
import { type BatchSpan, cursorOver } from './batch-cursor.test.ts'
import { DeliveryState, isFinal, type Transition } from './run.ts'
import { type ShareLimits, SharePartition, type StateToWrite } from './share-partition.ts'

const LIMITS: ShareLimits = { deliveryCountLimit: 3, maxRecordLocks: 20, lockDurationMs: 1000, isDeadLettered: false }
const MEMBERS = ['a', 'b', 'c', 'd']

type Op =
  | { op: 'acquire'; who: number; max: number; mode: AcquireMode }
  | { op: 'decide'; who: number; types: number[] }
  | { op: 'advance'; ms: number }
  | { op: 'leave'; who: number }
  | { op: 'store'; outcome: 'stored' | 'failed' | 'unknown' }
  | { op: 'crash' | 'copy' | 'trim' }

const who = fc.nat(MEMBERS.length - 1)
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      op: fc.constant('acquire' as const),
      who,
      max: fc.integer({ min: 1, max: 9 }),
      mode: fc.constantFrom<AcquireMode>('batch_optimized', 'record_limit'),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      op: fc.constant('decide' as const),
      who,
      types: fc.array(fc.constantFrom(1, 1, 1, 2, 3, 4, 0, -1), { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      op: fc.constant('store' as const),
      outcome: fc.constantFrom('stored', 'stored', 'stored', 'failed', 'unknown'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('advance' as const), ms: fc.constantFrom(100, 600, 1100) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('leave' as const), who }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constantFrom('crash', 'copy', 'copy', 'trim') }) },
) as fc.Arbitrary<Op>

const layout = fc.array(
  fc.record({
    length: fc.integer({ min: 1, max: 6 }),
    hole: fc.constantFrom(0, 0, 0, 1, 3),
    kind: fc.constantFrom<BatchSpan['kind']>('data', 'data', 'data', 'skipped'),
  }),
  { minLength: 1, maxLength: 12 },
)

/** What the store holds: the start, and each offset on its own. */
class Store {
  startOffset = 0
  readonly offsets = new Map<number, { state: number; count: number }>()

  write({ startOffset, stateBatches }: StateToWrite): void {
    this.startOffset = startOffset
    for (const { firstOffset, lastOffset, deliveryState, deliveryCount } of stateBatches) {
      ok(deliveryState !== DeliveryState.ACQUIRED, 'locks are not stored')
      for (let at = firstOffset; at <= lastOffset; at++) {
        this.offsets.set(at, { state: deliveryState, count: deliveryCount })
      }
    }
  }

  load(limits: ShareLimits): SharePartition {
    const stateBatches = [...this.offsets]
      .filter(([offset]) => offset >= this.startOffset)
      .sort(([a], [b]) => a - b)
      .map(([offset, { state, count }]) => ({
        firstOffset: offset,
        lastOffset: offset,
        deliveryState: state,
        deliveryCount: count,
      }))
    return new SharePartition({ startOffset: this.startOffset, stateBatches }, limits)
  }
}

class World {
  readonly limits: ShareLimits
  readonly spans: BatchSpan[] = []
  readonly logEnd: number
  readonly store = new Store()
  partition: SharePartition
  nowMs = 0
  logStart = 0
  /** Who holds an offset, and until when, as the members were told. */
  readonly locks = new Map<number, { member: string; untilMs: number }>()
  /** Offsets of which somebody was told, or could see, that they are final; and how. */
  readonly final = new Map<number, string>()
  queued: { transition: Transition; told: () => void }[] = []
  deadLetters: { firstOffset: number; lastOffset: number }[] = []
  readonly copied = new Set<number>()

  constructor(shape: readonly { length: number; hole: number; kind: BatchSpan['kind'] }[], limits: ShareLimits) {
    this.limits = limits
    let at = 0
    for (const { length, hole, kind } of shape) {
      this.spans.push({ first: at + hole, last: at + hole + length - 1, kind })
      at += hole + length
    }
    this.logEnd = at
    this.partition = this.store.load(limits)
  }

  do(op: Op): void {
    switch (op.op) {
      case 'acquire':
        this.#acquire(MEMBERS[op.who]!, op.max, op.mode)
        break
      case 'decide':
        this.#decide(MEMBERS[op.who]!, op.types)
        break
      case 'advance':
        this.#advance(op.ms)
        break
      case 'leave':
        this.#leave(MEMBERS[op.who]!)
        break
      case 'store':
        this.#store(op.outcome)
        break
      case 'crash':
        this.#crash()
        break
      case 'copy':
        this.#copy()
        break
      case 'trim':
        this.#trim()
        break
    }
    this.partition.check()
  }

  /** Everything works again, and members accept all they get: it must come to an end. */
  drain(): void {
    for (let round = 0; this.partition.startOffset < this.logEnd; round++) {
      ok(round < 500, `stuck at ${this.partition.startOffset} in state ${this.partition.runs[0]?.state}`)
      this.do({ op: 'store', outcome: 'stored' })
      this.do({ op: 'copy' })
      this.do({ op: 'acquire', who: 0, max: 9, mode: 'batch_optimized' })
      this.do({ op: 'decide', who: 0, types: [1] })
      this.do({ op: 'advance', ms: 300 })
    }
    for (const { first, last, kind } of this.spans) {
      for (let offset = first; kind === 'data' && offset <= last; offset++) {
        if (offset >= this.logStart) ok(this.final.has(offset) || this.#isStoredFinal(offset), `${offset} is final`)
      }
    }
    equal(
      [...this.locks.values()].some(({ untilMs }) => untilMs > this.nowMs + this.limits.lockDurationMs),
      false,
    )
  }

  #isStoredFinal(offset: number): boolean {
    const stored = this.store.offsets.get(offset)
    return offset < this.store.startOffset || (stored !== undefined && isFinal(stored.state as DeliveryState))
  }

  #acquire(memberId: string, maxRecords: number, mode: AcquireMode): void {
    const from = this.partition.nextOffset()
    if (from === null) {
      ok(this.partition.inFlight >= this.limits.maxRecordLocks)
      return
    }
    const spans = this.spans.filter(({ last }) => last >= from)
    const request = { memberId, mode, maxRecords, batchSize: 3, from, batches: cursorOver(spans) }
    const acquired = this.partition.acquire(request, this.nowMs)
    let count = 0
    for (const { firstOffset, lastOffset, deliveryCount } of acquired) {
      ok(deliveryCount <= this.limits.deliveryCountLimit, 'no record is delivered more often than the limit')
      for (let offset = firstOffset; offset <= lastOffset; offset++, count++) {
        equal(this.final.get(offset), undefined, `${offset} is final and was delivered again`)
        ok(offset >= this.logStart)
        ok(this.spans.some(({ first, last, kind }) => kind === 'data' && first <= offset && offset <= last))
        const lock = this.locks.get(offset)
        ok(lock === undefined || lock.untilMs <= this.nowMs, `${offset} is held by ${lock?.member}`)
        this.locks.set(offset, { member: memberId, untilMs: this.nowMs + this.limits.lockDurationMs })
      }
    }
    if (mode === 'record_limit') ok(count <= maxRecords)
  }

  #decide(memberId: string, types: readonly number[]): void {
    const held = [...this.locks].filter(([, lock]) => lock.member === memberId).map(([offset]) => offset)
    held.sort((a, b) => a - b)
    const batches = held.flatMap((offset, index) => {
      const type = types[index % types.length]!
      return type < 0 ? [] : [{ firstOffset: offset, lastOffset: offset, acknowledgeTypes: [type] }]
    })
    const result = this.partition.acknowledge(memberId, batches, this.nowMs)
    if (result.kind === 'refused') return
    for (const { firstOffset: offset, acknowledgeTypes } of batches) {
      if (acknowledgeTypes[0] === AcknowledgeType.RENEW && offset >= this.partition.startOffset) {
        this.locks.set(offset, { member: memberId, untilMs: this.nowMs + this.limits.lockDurationMs })
      }
    }
    this.#enqueue(result.transition)
  }

  #enqueue(transition: Transition | null): void {
    if (transition === null) return
    const decided = transition.runs.map((run) => ({ ...run, pending: run.pending! }))
    this.queued.push({
      transition,
      told: () => {
        for (const { first, last, pending } of decided) {
          for (let offset = first; offset <= last; offset++) this.#tell(offset, pending.state)
        }
      },
    })
  }

  #tell(offset: number, state: DeliveryState): void {
    this.locks.delete(offset)
    if (!isFinal(state) || offset < this.logStart) return
    equal(this.final.get(offset), undefined, `${offset} became final twice`)
    this.final.set(offset, state === DeliveryState.ACKNOWLEDGED ? 'acknowledged' : 'archived')
  }

  #store(outcome: 'stored' | 'failed' | 'unknown'): void {
    if (this.queued.length === 0 && !this.partition.hasUnwritten) return
    const queued = this.queued
    this.queued = []
    const transitions = queued.map(({ transition }) => transition)
    const state = this.partition.toWrite(transitions)
    if (outcome !== 'failed') this.store.write(state)
    if (outcome === 'stored') {
      this.partition.stored(transitions)
      for (const { told } of queued) told()
      this.deadLetters.push(...this.partition.takeDeadLetters())
    } else this.#notStored(transitions)
  }

  #notStored(transitions: readonly Transition[]): void {
    this.partition.notStored(transitions, this.nowMs + 200)
    for (const { first, last, state, lockUntilMs, memberId } of transitions.flatMap(({ runs }) => runs)) {
      if (state !== DeliveryState.ACQUIRED) continue
      for (let offset = first; offset <= last; offset++)
        this.locks.set(offset, { member: memberId, untilMs: lockUntilMs })
    }
  }

  #advance(ms: number): void {
    this.nowMs += ms
    if (this.partition.nextExpiryMs <= this.nowMs) this.#enqueue(this.partition.expire(this.nowMs).transition)
    for (const { state, pending, lockUntilMs } of this.partition.runs) {
      ok(state !== DeliveryState.ACQUIRED || pending !== null || lockUntilMs > this.nowMs, 'a lock outlived its time')
    }
    // Those that wait for the store are nobody's, and are not given to others.
    for (const [offset, { untilMs }] of this.locks) if (untilMs <= this.nowMs) this.locks.delete(offset)
  }

  #leave(memberId: string): void {
    this.partition.release(memberId)
    for (const [offset, { member }] of this.locks) if (member === memberId) this.locks.delete(offset)
  }

  #crash(): void {
    this.queued = []
    this.locks.clear()
    this.partition = this.store.load(this.limits)
    this.partition.logStartMoved(this.logStart)
    this.deadLetters = this.partition.takeDeadLetters()
  }

  #copy(): void {
    const letters = this.deadLetters
    this.deadLetters = []
    for (const { firstOffset, lastOffset } of letters) {
      for (let offset = firstOffset; offset <= lastOffset; offset++) this.copied.add(offset)
      this.#enqueue(this.partition.archive(firstOffset, lastOffset))
    }
    // An archiving that could not be stored is tried again.
    for (const { first, last, state, pending, isHandedOut } of [...this.partition.runs]) {
      if (state === DeliveryState.ARCHIVING && pending === null && isHandedOut && this.copied.has(first)) {
        this.#enqueue(this.partition.archive(first, last))
      }
    }
  }

  #trim(): void {
    this.logStart = Math.min(this.logEnd, this.logStart + 2)
    this.partition.logStartMoved(this.logStart)
  }
}

for (const isDeadLettered of [false, true]) {
  const kind = isDeadLettered ? 'with dead letters' : 'without dead letters'
  test(`${kind}, every record ends in one final state and no lock is lost`, () => {
    fc.assert(
      fc.property(layout, fc.array(op, { minLength: 1, maxLength: 120 }), (shape, ops) => {
        const world = new World(shape, { ...LIMITS, isDeadLettered })
        for (const one of ops) world.do(one)
        world.drain()
      }),
      { numRuns: 400 },
    )
  })
}

test('a record archived with dead letters was copied before', () => {
  fc.assert(
    fc.property(layout, fc.array(op, { minLength: 1, maxLength: 120 }), (shape, ops) => {
      const world = new World(shape, { ...LIMITS, isDeadLettered: true })
      const gaps = new Set<number>()
      for (const one of ops) {
        world.do(one)
        for (const { first, last, pending } of world.partition.runs) {
          const isGap = pending?.state === DeliveryState.ARCHIVED && pending.cause === null
          for (let offset = first; isGap && offset <= last; offset++) gaps.add(offset)
        }
      }
      const archived = [...world.final].filter(([offset, how]) => how === 'archived' && !gaps.has(offset))
      deepEqual(
        archived.filter(([offset]) => !world.copied.has(offset)),
        [],
      )
    }),
    { numRuns: 200 },
  )
})
