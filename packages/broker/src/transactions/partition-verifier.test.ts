import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '@ottla/protocol'
import { ManualTime } from '@ottla/runtime/testing'
import { Deadlines } from '../purgatory/deadlines.ts'
import type { Replica } from '../replica/replica.ts'
import { VerificationGuards } from '../replica/verification-guards.ts'
import { Completions } from './completions.ts'
import { PartitionVerifier, type TransactionQuestion, type Verified } from './partition-verifier.ts'

const PRODUCER = { transactionalId: 'app', producerId: 7, producerEpoch: 3, kind: 'add' } as const
const { NONE, CONCURRENT_TRANSACTIONS, COORDINATOR_NOT_AVAILABLE } = ErrorCode

/** A partition, as far as the verifier knows it. */
function partitionOf(partition: number): Replica {
  return { topic: 'events', partition, guards: new VerificationGuards() } as unknown as Replica
}

interface Asked {
  readonly question: TransactionQuestion
  readonly answer: (codes: readonly number[]) => void
  readonly fail: () => void
}

class Fixture {
  readonly time = new ManualTime()
  readonly completions = new Completions()
  readonly asked: Asked[] = []
  readonly verifier: PartitionVerifier

  constructor() {
    const { time, completions } = this
    this.verifier = new PartitionVerifier({
      ask: (question) =>
        new Promise((answer, reject) => this.asked.push({ question, answer, fail: () => reject(new Error('lost')) })),
      completions,
      deadlines: new Deadlines({
        clock: time,
        timers: time as unknown as ConstructorParameters<typeof Deadlines>[0]['timers'],
      }),
      backoff: () => ({ stepMs: 20, maxMs: 100 }),
      monotonicMs: () => time.monotonic(),
    })
  }

  async turns(): Promise<void> {
    for (let i = 0; i < 20; i++) await Promise.resolve()
  }

  async answer(...codes: number[]): Promise<void> {
    await this.turns()
    this.asked.at(-1)!.answer(codes)
    await this.turns()
  }
}

test('partitions of one turn are one question', async () => {
  const fixture = new Fixture()
  const { verifier, asked } = fixture
  const [one, two] = [partitionOf(0), partitionOf(1)]
  const answers = [verifier.verify(one, PRODUCER, 0), verifier.verify(two, PRODUCER, 0)]
  await Promise.resolve()
  equal(asked.length, 1)
  deepEqual(
    asked[0]!.question.partitions.map(({ partition }) => partition),
    [0, 1],
  )
  asked[0]!.answer([NONE, COORDINATOR_NOT_AVAILABLE])
  const codes = (await Promise.all(answers)).map(({ errorCode }) => errorCode)
  deepEqual(codes, [NONE, COORDINATOR_NOT_AVAILABLE])
  equal(fixture.time.monotonic(), 0)
})

test('batches behind one that waits get its answer, in their order', async () => {
  const fixture = new Fixture()
  const replica = partitionOf(0)
  const order: number[] = []
  for (const sequence of [0, 1, 2]) {
    void fixture.verifier.verify(replica, PRODUCER, sequence).then(() => order.push(sequence))
    await fixture.turns()
  }
  equal(fixture.asked.length, 1)
  await fixture.answer(NONE)
  deepEqual(order, [0, 1, 2])
})

test('a marker written while the question is out makes its guard worthless', async () => {
  const fixture = new Fixture()
  const replica = partitionOf(0)
  const verified = fixture.verifier.verify(replica, PRODUCER, 0)
  await fixture.turns()
  replica.guards.clear(PRODUCER.producerId)
  await fixture.answer(NONE)
  equal(replica.guards.isValid((await verified).guard), false)
})

test('the marker of the transaction before, for which a batch waits, does not make its guard worthless', async () => {
  const fixture = new Fixture()
  const replica = partitionOf(0)
  const verified = fixture.verifier.verify(replica, PRODUCER, 0)
  await fixture.answer(CONCURRENT_TRANSACTIONS)
  replica.guards.clear(PRODUCER.producerId)
  fixture.completions.happened('app')
  await fixture.answer(NONE)
  const { errorCode, guard } = await verified
  deepEqual([errorCode, replica.guards.isValid(guard), fixture.time.monotonic()], [NONE, true, 0])
})

test('a transaction that stays concurrent is told after the longest backoff', async () => {
  const fixture = new Fixture()
  let result: Verified | null = null
  void fixture.verifier.verify(partitionOf(0), PRODUCER, 0).then((verified) => {
    result = verified
  })
  for (let step = 0; step < 5; step++) {
    await fixture.answer(CONCURRENT_TRANSACTIONS)
    equal(result, null)
    fixture.time.advance(20)
  }
  await fixture.answer(CONCURRENT_TRANSACTIONS)
  equal((result as Verified | null)?.errorCode, CONCURRENT_TRANSACTIONS)
  equal(fixture.asked.length, 6)
})

test('a coordinator that cannot be asked is not available', async () => {
  const fixture = new Fixture()
  const verified = fixture.verifier.verify(partitionOf(0), PRODUCER, 0)
  await fixture.turns()
  fixture.asked[0]!.fail()
  equal((await verified).errorCode, COORDINATOR_NOT_AVAILABLE)
})
