import { equal, notEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { VerificationGuards } from './verification-guards.ts'

const PRODUCER = { producerId: 7, producerEpoch: 0, sequence: 0 }

test('an answer to a question from before a marker opens nothing, even when the producer has asked again (ABA)', () => {
  const guards = new VerificationGuards()
  const early = guards.begin(PRODUCER)
  guards.clear(7)
  const again = guards.begin(PRODUCER)
  notEqual(early, again)
  equal(guards.isValid(early), false)
  equal(guards.isValid(again), true)
})

test('batches that wait together share a guard, which knows the first of them', () => {
  const guards = new VerificationGuards()
  const one = guards.begin({ ...PRODUCER, sequence: 5 })
  equal(guards.begin({ ...PRODUCER, sequence: 0 }), one)
  equal(one.lowestSequence, 0)
})

test('a later epoch takes the guard away, an earlier one gets none that opens', () => {
  const guards = new VerificationGuards()
  const old = guards.begin(PRODUCER)
  const next = guards.begin({ ...PRODUCER, producerEpoch: 1 })
  equal(guards.isValid(old), false)
  equal(guards.isValid(guards.begin(PRODUCER)), false)
  equal(guards.isValid(next), true)
})

test('guards that nobody asks for are bounded, those of questions under way stay', () => {
  const guards = new VerificationGuards()
  const asked = guards.begin(PRODUCER)
  for (let producerId = 1_000; producerId < 5_000; producerId++) {
    guards.answered(guards.begin({ ...PRODUCER, producerId }))
  }
  equal(guards.size <= 1_002, true)
  equal(guards.isValid(asked), true)
})
