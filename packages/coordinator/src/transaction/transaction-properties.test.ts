/**
 * Random producers, faults and restarts against the coordinator, and what must hold whatever happens: T1, T4 to T7 of the
 * reliability catalogue, and that the log says all that is durable.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import fc from 'fast-check'
import type { MarkerResult, TransactionMarkers } from './ports.ts'
import { ModelPartition } from './testing/model-partition.ts'
import { ModelProducer, type ModelTransaction, type ModelWorld, TIMEOUT_MS } from './testing/model-producer.ts'
import { TransactionFixture } from './testing/transaction-fixture.ts'
import type { ProducerIdAndEpoch, Transaction } from './transaction.ts'
import { decodeTransactionRecord, encodeTransactionRecord } from './transaction-record-codec.ts'
import { TransactionShard } from './transaction-shard.ts'
import { created } from './transitions.ts'

const IDS = ['T', 'U']

type Disturbance = 'hold' | 'commitLog' | 'fail' | 'refuse' | 'accept' | 'restart' | 'powerCut' | 'idsOff' | 'idsOn'

type Op =
  | { op: 'start' | 'step' | 'recover' | 'commit' | 'abort'; who: number }
  | { op: 'produce'; who: number; partition: number }
  | { op: 'deliver'; index: number; how: 'written' | 'lost' | 'unanswered' }
  | { op: 'resend'; index: number }
  | { op: 'advance'; ms: number }
  | { op: Disturbance }

const who = fc.nat(3)
const of = <T extends string>(...ops: T[]) => fc.constantFrom(...ops)
const common: fc.WeightedArbitrary<Op>[] = [
  { weight: 14, arbitrary: fc.record({ op: of('step'), who }) },
  { weight: 14, arbitrary: fc.record({ op: of('produce'), who, partition: fc.nat(2) }) },
  { weight: 10, arbitrary: fc.record({ op: of('commit', 'commit', 'abort'), who }) },
  { weight: 3, arbitrary: fc.record({ op: of('start', 'recover'), who }) },
  {
    weight: 14,
    arbitrary: fc.record({
      op: of('deliver'),
      index: fc.nat(3),
      how: of('written', 'written', 'written', 'lost', 'unanswered'),
    }),
  },
  { weight: 5, arbitrary: fc.record({ op: of('advance'), ms: fc.constantFrom(100, 600, 5_000, TIMEOUT_MS) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      op: of(
        'hold',
        'commitLog',
        'commitLog',
        'fail',
        'refuse',
        'accept',
        'accept',
        'restart',
        'powerCut',
        'idsOff',
        'idsOn',
      ),
    }),
  },
]
const delayed: fc.WeightedArbitrary<Op> = { weight: 6, arbitrary: fc.record({ op: of('resend'), index: fc.nat(40) }) }

interface Sent {
  readonly resend: () => Promise<unknown>
  readonly transactionalId: string
  readonly producer: ProducerIdAndEpoch
}

class World {
  readonly fixture = new TransactionFixture()
  readonly partitions = [new ModelPartition(), new ModelPartition(), new ModelPartition()]
  readonly producers: ModelProducer[] = []
  readonly transactions: ModelTransaction[] = []
  readonly inFlight: TransactionMarkers[] = []
  readonly sent: Sent[] = []
  /** Which producer was given an id and epoch; T7. */
  readonly owners = new Map<string, string>()
  /** How many producers of an id had been initialized when; T4. */
  readonly initialized = new Map<string, ModelProducer>()
  readonly protocol: ModelWorld['protocol']
  broken: unknown
  readonly counts = { committed: 0, aborted: 0, unknown: 0, values: 0, rotated: 0 }
  #started = 0

  constructor(protocol: ModelWorld['protocol']) {
    this.protocol = protocol
    const { fixture } = this
    fixture.config = { ...fixture.config, transactionVersion: protocol === 'version-2' ? 2 : 1 }
    fixture.onMarkers = (markers) => this.inFlight.push(markers)
    fixture.lastProducerId = 1
    // One of the ids has few epochs left.
    const old: Transaction = {
      ...created('T', { producerId: 1, timeoutMs: TIMEOUT_MS, nowMs: fixture.time.now() }),
      status: 'CompleteCommit',
      producerEpoch: 32_763,
    }
    fixture.log.append([encodeTransactionRecord({ kind: 'transaction', transaction: old }, 1)])
    for (const transactionalId of [...IDS, ...IDS]) this.#start(transactionalId)
  }

  #noting(check: () => void): void {
    try {
      check()
    } catch (error) {
      this.broken ??= error
    }
  }

  #start(transactionalId: string): ModelProducer {
    const world: ModelWorld = {
      coordinator: () => this.fixture.coordinator,
      partitions: this.partitions,
      protocol: this.protocol,
      initialized: (producer) => this.#noting(() => this.#own(producer)),
      succeeded: (producer, what) =>
        this.#noting(() => {
          ok(producer.wasNewest, `T4: ${what} of ${producer.name} has no effect after a newer one was initialized`)
          if (what === 'end') this.#own(producer)
        }),
      ended: (transaction) => this.transactions.push(transaction),
      sent: (resend, producer) => this.sent.push({ resend, transactionalId, producer }),
    }
    const producer = new ModelProducer(world, transactionalId, `p${++this.#started}`)
    this.producers.push(producer)
    return producer
  }

  #own(producer: ModelProducer): void {
    const { transactionalId, producerId, producerEpoch, name } = producer
    if (producer.phase === 'ready') this.initialized.set(transactionalId, producer)
    if (producerEpoch === 0) this.counts.rotated += 1
    const key = `${producerId}:${producerEpoch}`
    const owner = this.owners.get(key)
    ok(owner === undefined || owner === name, `T7: ${key} belongs to ${owner}, and was given to ${name}`)
    this.owners.set(key, name)
  }

  async run(op: Op): Promise<void> {
    switch (op.op) {
      case 'start':
        this.producers[op.who] = this.#start(IDS[op.who % 2] as string)
        break
      case 'deliver':
        this.deliver(op.index, op.how)
        break
      case 'resend':
        this.#resend(op.index)
        break
      case 'advance':
        this.fixture.time.advance(op.ms)
        break
      case 'step':
      case 'recover':
      case 'commit':
      case 'abort':
      case 'produce':
        this.act(op)
        break
      default:
        await this.#disturb(op.op)
    }
    await this.fixture.turns()
  }

  act(op: Extract<Op, { who: number }>): void {
    const producer = this.producers[op.who % this.producers.length] as ModelProducer
    if (producer.isBusy) return
    const newest = this.initialized.get(producer.transactionalId)
    producer.wasNewest = newest === undefined || newest === producer || this.#isAfter(producer, newest)
    if (op.op === 'recover') producer.recover()
    else if (op.op === 'commit' || op.op === 'abort') producer.end(op.op)
    producer.isBusy = true
    const done = op.op === 'produce' ? producer.produce(op.partition) : producer.step()
    done
      .catch((error: unknown) => {
        this.broken ??= error
      })
      .finally(() => {
        producer.isBusy = false
      })
  }

  /** One that never was initialized is no zombie. */
  #isAfter(producer: ModelProducer, newest: ModelProducer): boolean {
    return producer.producerId === -1 && producer !== newest
  }

  async #disturb(op: Disturbance): Promise<void> {
    const { fixture } = this
    if (op === 'hold') fixture.commitsAtOnce = false
    else if (op === 'commitLog') {
      fixture.commitsAtOnce = true
      fixture.commit()
    } else if (op === 'fail') {
      fixture.commitsAtOnce = true
      fixture.fail()
    } else if (op === 'refuse') fixture.log.refusal = ErrorCode.NOT_ENOUGH_REPLICAS
    else if (op === 'accept') fixture.log.refusal = ErrorCode.NONE
    else if (op === 'restart' || op === 'powerCut') {
      if (op === 'powerCut') fixture.log.truncateTo(fixture.committedOffset)
      fixture.commitsAtOnce = true
      await fixture.restart()
    } else fixture.givesIds = op === 'idsOn'
  }

  /** Lost: nothing was written. Unanswered: it was, and the coordinator does not hear of it. */
  deliver(index: number, how: 'written' | 'lost' | 'unanswered'): void {
    const [markers] = this.inFlight.splice(index % Math.max(this.inFlight.length, 1), 1)
    if (markers === undefined) return
    const results: MarkerResult[] = markers.topics.flatMap(({ topic, partitions }) =>
      partitions.map((partition): MarkerResult => {
        const leader = this.partitions[partition] as ModelPartition
        const errorCode = how === 'lost' ? ErrorCode.NOT_LEADER_OR_FOLLOWER : leader.mark(markers)
        if (how === 'unanswered') return { kind: 'failed', topic, partition, errorCode: ErrorCode.NETWORK_EXCEPTION }
        if (errorCode !== ErrorCode.NONE) return { kind: 'failed', topic, partition, errorCode }
        return { kind: 'written', topic, partition }
      }),
    )
    const { partition, coordinatorEpoch, transactionalId, decidedAt } = markers
    const report = { transactionalId, decidedAt, results }
    this.fixture.coordinator.markersWritten(partition, coordinatorEpoch, report).catch((error: unknown) => {
      this.broken ??= error
    })
  }

  /** T6: what was sent for a transaction that is over has no effect on the one that came after. */
  #resend(index: number): void {
    const sent = this.sent[this.sent.length - 1 - (index % Math.max(this.sent.length, 1))]
    const partition = this.fixture.coordinator.inspect('any')
    if (sent === undefined || partition === undefined) return
    const now = partition.shard.transactions.get(sent.transactionalId)
    const { producerId, producerEpoch } = sent.producer
    if (now?.producerId === producerId && now.producerEpoch === producerEpoch) return
    const { endOffset } = this.fixture.log
    void sent.resend()
    equal(this.fixture.log.endOffset, endOffset, 'T6: a delayed request changes nothing')
  }

  /** The log, read by another shard, gives the committed state. */
  checkReplay(): void {
    const { fixture } = this
    if (fixture.committedOffset !== fixture.log.endOffset) return
    const fresh = this.#replayed()
    const { shard } = fixture.partition
    const sorted = <V>(map: Iterable<[string, V]>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
    deepEqual(sorted(fresh.transactions), sorted(shard.transactions))
    deepEqual([...fresh.markers.keys()].sort(), [...shard.markers.keys()].sort())
    for (const [transactionalId, { decidedAt }] of fresh.markers)
      equal(shard.markers.get(transactionalId)?.decidedAt, decidedAt)
    const going = [...fresh.transactions.values()].filter(({ status }) => status === 'Ongoing')
    deepEqual([...shard.deadlines.keys()].sort(), going.map(({ transactionalId }) => transactionalId).sort(), 'T5')
  }

  /** T7: epochs grow, and no id comes back or is given to two. */
  #replayed(): TransactionShard {
    const fresh = new TransactionShard(() => this.fixture.config)
    const users = new Map<number, string>()
    for (const { records } of this.fixture.log.batches()) {
      for (const stored of records) {
        const record = decodeTransactionRecord(stored)
        ok(record.kind === 'transaction', 'only transactions are written here')
        const { transactionalId, producerId, producerEpoch } = record.transaction
        const before = fresh.transactions.get(transactionalId)
        if (before?.producerId === producerId) ok(producerEpoch >= before.producerEpoch, 'T7: epochs do not go back')
        else ok(!users.has(producerId), 'T7: an id is given once')
        users.set(producerId, transactionalId)
        fresh.replay(record, stored.offset)
      }
    }
    return fresh
  }

  check(): void {
    if (this.broken !== undefined) throw this.broken
    if (this.fixture.coordinator.inspect('any') !== undefined) this.checkReplay()
  }

  /** When nothing fails any more, every transaction ends. */
  async converge(): Promise<void> {
    this.fixture.log.refusal = ErrorCode.NONE
    this.fixture.givesIds = true
    this.fixture.commitsAtOnce = true
    this.fixture.commit()
    for (let round = 0; round < 60; round++) {
      while (this.inFlight.length > 0) {
        this.deliver(0, 'written')
        await this.fixture.turns()
      }
      for (const [who, { phase }] of this.producers.entries()) if (phase === 'ending') this.act({ op: 'step', who })
      await this.fixture.turns()
      this.fixture.time.advance(1_000)
      await this.fixture.turns()
    }
    this.check()
    equal(this.inFlight.length, 0)
    for (const { status, transactionalId } of this.fixture.partition.shard.transactions.values())
      ok(/^(Empty|Complete)/.test(status), `T5: ${transactionalId} does not stay ${status}`)
    for (const partition of this.partitions) equal(partition.openCount, 0, 'T5: nothing stays open in a partition')
    equal(this.fixture.partition.waitingCount, 0)
    this.#checkAtomicity()
  }

  /** T1: all or nothing of each transaction is to be seen, as the producer was told. */
  #checkAtomicity(): void {
    const outcomes = new Map<string, Set<string>>()
    const values = new Map<string, string>()
    for (const { value, outcome } of this.partitions.flatMap(({ written }) => written)) {
      const name = value.split('/').slice(0, 2).join('/')
      ok(outcome !== null)
      outcomes.set(name, (outcomes.get(name) ?? new Set()).add(outcome))
      values.set(value, outcome)
    }
    for (const [name, seen] of outcomes) equal(seen.size, 1, `T1: ${name} is not torn: ${[...seen].join(', ')}`)
    const open = this.producers.flatMap(({ transaction }) => (transaction === null ? [] : [transaction]))
    for (const { name, acknowledged, outcome } of [...this.transactions, ...open]) {
      if (outcome === 'commit') this.counts.committed += 1
      else if (outcome === 'abort') this.counts.aborted += 1
      else this.counts.unknown += 1
      this.counts.values += acknowledged.length
      for (const value of acknowledged) {
        const seen = values.get(value)
        ok(seen !== undefined, `T1: what was acknowledged is there: ${value}`)
        if (outcome === 'commit' || outcome === 'abort') equal(seen, outcome, `T1: ${name} as it was answered`)
      }
    }
  }
}

async function assertPromises(protocol: ModelWorld['protocol'], ops: fc.Arbitrary<Op>): Promise<World['counts'][]> {
  const all: World['counts'][] = []
  await fc.assert(
    fc.asyncProperty(fc.array(ops, { minLength: 40, maxLength: 160 }), async (ops) => {
      const world = new World(protocol)
      await world.fixture.load()
      for (const who of [0, 1]) await world.run({ op: 'step', who })
      for (const op of ops) {
        await world.run(op)
        world.check()
      }
      await world.converge()
      all.push(world.counts)
    }),
    { numRuns: 120, includeErrorInReport: true },
  )
  return all
}

function total(counts: readonly World['counts'][], what: keyof World['counts']): number {
  return counts.reduce((sum, each) => sum + each[what], 0)
}

test('version 2: whatever producers, partitions and faults do, transactions keep their promises', async () => {
  const counts = await assertPromises('version-2', fc.oneof(...common, delayed))
  for (const what of ['committed', 'aborted', 'unknown', 'rotated'] as const)
    ok(total(counts, what) > 0, `the runs have come to ${what}`)
})

test('version 1: when requests are not delayed, transactions keep their promises', async () => {
  const counts = await assertPromises('version-1', fc.oneof(...common))
  ok(total(counts, 'committed') > 0 && total(counts, 'aborted') > 0)
})
