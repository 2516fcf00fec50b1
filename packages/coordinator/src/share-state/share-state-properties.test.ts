/**
 * Random requests, failed writes, restarts and prunings against the share coordinator, and a model that knows each offset by itself: answers say
 * what the model says, what was answered survives, and what failed has left nothing.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import fc from 'fast-check'
import type { StateBatch } from './state-batches.ts'
import { ShareStateFixture, topicIdOf } from './testing/share-state-fixture.ts'

interface Model {
  readonly stateEpoch: number
  readonly leaderEpoch: number
  readonly startOffset: number
  readonly done: number
  /** Delivery count × 10 + state, by offset. */
  readonly ranks: ReadonlyMap<number, number>
}

type World = ReadonlyMap<number, Model>

type Op =
  | { op: 'init'; partition: number; epoch: number; start: number }
  | { op: 'read'; partition: number; leader: number }
  | { op: 'write'; partition: number; epoch: number; leader: number; start: number; batches: StateBatch[] }
  | { op: 'delete' | 'summary'; partition: number }
  | { op: 'hold' | 'commit' | 'fail' | 'restart' | 'later' }

const partition = fc.nat(2)
const epoch = fc.integer({ min: -1, max: 2 })
const batches = fc.array(
  fc
    .record({
      first: fc.nat(20),
      length: fc.integer({ min: 1, max: 8 }),
      deliveryState: fc.constantFrom(0, 2, 4),
      deliveryCount: fc.nat(2),
    })
    .map(({ first, length, ...says }) => ({ firstOffset: first, lastOffset: first + length - 1, ...says })),
  { maxLength: 4 },
)
const of = <T extends string>(...ops: T[]) => fc.constantFrom(...ops)
const ops = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ op: of('init'), partition, epoch: fc.nat(2), start: fc.integer({ min: -1, max: 10 }) }),
  },
  { weight: 3, arbitrary: fc.record({ op: of('read'), partition, leader: epoch }) },
  {
    weight: 14,
    arbitrary: fc.record({
      op: of('write'),
      partition,
      epoch,
      leader: epoch,
      start: fc.integer({ min: -1, max: 15 }),
      batches,
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: of('delete', 'summary', 'summary'), partition }) },
  { weight: 4, arbitrary: fc.record({ op: of('hold', 'commit', 'commit', 'fail', 'restart', 'later') }) },
) as fc.Arbitrary<Op>

/** What is answered, and the world after it. */
function expected(world: World, op: Op): { readonly answer: string; readonly after: World } {
  if (!('partition' in op)) return { answer: '', after: world }
  const known = world.get(op.partition)
  const with_ = (model: Model): World => new Map(world).set(op.partition, model)
  const refuse = (code: keyof typeof ErrorCode) => ({ answer: String(ErrorCode[code]), after: world })
  switch (op.op) {
    case 'init': {
      if (known !== undefined && op.epoch < known.stateEpoch) return refuse('FENCED_STATE_EPOCH')
      const leaderEpoch = Math.max(known?.leaderEpoch ?? 0, 0)
      const done = op.start === -1 ? -1 : 0
      return {
        answer: '0',
        after: with_({ stateEpoch: op.epoch, leaderEpoch, startOffset: op.start, done, ranks: new Map() }),
      }
    }
    case 'read': {
      if (known === undefined) return refuse('INVALID_REQUEST')
      if (op.leader !== -1 && op.leader < known.leaderEpoch) return refuse('FENCED_LEADER_EPOCH')
      const after = with_({ ...known, leaderEpoch: Math.max(known.leaderEpoch, op.leader) })
      return { answer: `0 ${told(known)}`, after }
    }
    case 'write': {
      if (known === undefined) return refuse('INVALID_REQUEST')
      if (op.leader !== -1 && op.leader < known.leaderEpoch) return refuse('FENCED_LEADER_EPOCH')
      if (op.epoch !== -1 && op.epoch < known.stateEpoch) return refuse('FENCED_STATE_EPOCH')
      const startOffset = op.start === -1 ? known.startOffset : op.start
      const ranks = new Map(known.ranks)
      for (const { firstOffset, lastOffset, deliveryCount, deliveryState } of op.batches)
        for (let offset = firstOffset; offset <= lastOffset; offset++)
          ranks.set(offset, Math.max(ranks.get(offset) ?? -1, deliveryCount * 10 + deliveryState))
      for (const offset of ranks.keys()) if (offset < startOffset) ranks.delete(offset)
      const leaderEpoch = Math.max(known.leaderEpoch, op.leader)
      return { answer: '0', after: with_({ ...known, startOffset, leaderEpoch, done: 7, ranks }) }
    }
    case 'delete': {
      const after = new Map(world)
      after.delete(op.partition)
      return { answer: '0', after }
    }
    case 'summary':
      return { answer: `0 ${known?.startOffset ?? -1} ${known?.done ?? -1}`, after: world }
  }
}

function told({ stateEpoch, startOffset, ranks }: Model): string {
  const says = [...ranks].sort(([left], [right]) => left - right).map(([offset, rank]) => `${offset}=${rank}`)
  return `${stateEpoch} ${startOffset} ${says.join(' ')}`
}

class Run {
  readonly fixture = new ShareStateFixture()
  readonly open: { expected: string; answer: string | null }[] = []
  newest: World = new Map()
  committed: World = new Map()

  async step(op: Op): Promise<void> {
    const { fixture } = this
    switch (op.op) {
      case 'hold':
        fixture.commitsAtOnce = false
        break
      case 'commit':
        fixture.commitsAtOnce = true
        fixture.commit()
        await this.settle()
        break
      case 'fail':
        fixture.fail()
        this.newest = this.committed
        await this.settle()
        break
      case 'restart':
        // Who stops has not lost what lies in the log.
        fixture.commitsAtOnce = true
        await fixture.restart()
        this.committed = this.newest
        await this.settle()
        break
      case 'later':
        fixture.time.advance(300_000)
        break
      default: {
        const { answer, after } = expected(this.newest, op)
        const open = { expected: answer, answer: null as string | null }
        this.open.push(open)
        void this.ask(op).then((answered) => {
          open.answer = answered
        })
        this.newest = after
      }
    }
    if (fixture.commitsAtOnce) this.committed = this.newest
    await fixture.turns()
    if (fixture.commitsAtOnce) await this.settle()
  }

  /** Everybody has an answer: the right one, or that nobody knows. */
  async settle(): Promise<void> {
    await this.fixture.turns()
    for (const { expected, answer } of this.open.splice(0)) {
      ok(answer !== null, 'an answer')
      const isLost =
        answer === String(ErrorCode.NOT_COORDINATOR) || answer === String(ErrorCode.COORDINATOR_NOT_AVAILABLE)
      if (!isLost) equal(answer, expected)
    }
  }

  async ask(op: Op): Promise<string> {
    const { coordinator } = this.fixture
    const request = <P extends object>(partition: number, rest: P) => ({
      groupId: 'g',
      topics: [{ topicId: topicIdOf('t'), partitions: [{ partition, ...rest }] }],
    })
    switch (op.op) {
      case 'init':
        return code(
          await coordinator.initializeState(request(op.partition, { stateEpoch: op.epoch, startOffset: op.start })),
        )
      case 'read': {
        const { results } = await coordinator.readState(request(op.partition, { leaderEpoch: op.leader }))
        const { errorCode, stateEpoch, startOffset, stateBatches } = results[0]!.partitions[0]!
        const ranks = new Map<number, number>()
        for (const { firstOffset, lastOffset, deliveryCount, deliveryState } of stateBatches)
          for (let offset = firstOffset; offset <= lastOffset; offset++)
            ranks.set(offset, deliveryCount * 10 + deliveryState)
        const model = { stateEpoch, startOffset, ranks, leaderEpoch: 0, done: 0 }
        return errorCode === 0 ? `0 ${told(model)}` : String(errorCode)
      }
      case 'write':
        return code(
          await coordinator.writeState(
            request(op.partition, {
              stateEpoch: op.epoch,
              leaderEpoch: op.leader,
              startOffset: op.start,
              deliveryCompleteCount: 7,
              stateBatches: op.batches,
            }),
          ),
        )
      case 'delete':
        return code(await coordinator.deleteState(request(op.partition, {})))
      case 'summary': {
        const { results } = await coordinator.readStateSummary(request(op.partition, { leaderEpoch: 0 }))
        const { errorCode, startOffset, deliveryCompleteCount } = results[0]!.partitions[0]!
        return errorCode === 0 ? `0 ${startOffset} ${deliveryCompleteCount}` : String(errorCode)
      }
      default:
        return ''
    }
  }
}

interface Answer {
  readonly results: readonly { readonly partitions: readonly { readonly errorCode: number }[] }[]
}

function code({ results }: Answer): string {
  return String(results[0]!.partitions[0]!.errorCode)
}

test('answers are those of the model, and what was answered survives failures, restarts and pruning', async () => {
  let pruned = 0
  await fc.assert(
    fc.asyncProperty(fc.array(ops, { minLength: 20, maxLength: 120 }), fc.nat(4), async (ops, updates) => {
      const run = new Run()
      run.fixture.config = { ...run.fixture.config, updateRecordsPerSnapshot: updates, writeTimeoutMs: 1_000_000_000 }
      await run.fixture.load()
      for (const op of ops) await run.step(op)
      await run.step({ op: 'commit' })
      await run.step({ op: 'restart' })
      for (const partition of [0, 1, 2]) await run.step({ op: 'read', partition, leader: -1 })
      await run.settle()
      if (run.fixture.log.startOffset > 0) pruned += 1
    }),
    { numRuns: 150 },
  )
  ok(pruned > 0, 'some logs were pruned')
})

test('a share partition that nobody uses does not hold back the log', async () => {
  const { fixture, ask } = new Run()
  const asks = ask.bind({ fixture } as Run)
  fixture.config = { ...fixture.config, updateRecordsPerSnapshot: 10 }
  await fixture.load()
  await asks({ op: 'init', partition: 1, epoch: 0, start: 0 })
  await asks({ op: 'init', partition: 0, epoch: 0, start: 0 })
  const write = (offset: number) => {
    const batches = [{ firstOffset: offset, lastOffset: offset, deliveryState: 2, deliveryCount: 1 }]
    return asks({ op: 'write', partition: 0, epoch: 0, leader: 0, start: offset, batches })
  }
  for (let offset = 0; offset < 1_000; offset++) await write(offset)
  fixture.time.advance(300_000)
  await fixture.turns()
  fixture.time.advance(300_000)
  await fixture.turns()
  ok(fixture.log.startOffset > 900, `the log begins at ${fixture.log.startOffset}`)
  const endOffset = fixture.log.endOffset
  for (let hour = 0; hour < 12; hour++) {
    fixture.time.advance(3_600_000)
    await fixture.turns()
  }
  equal(fixture.log.endOffset, endOffset, 'a log at rest does not grow')
  await fixture.restart()
  deepEqual(await asks({ op: 'read', partition: 1, leader: -1 }), '0 0 0 ')
})
