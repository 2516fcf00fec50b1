import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { ClientQuotasImage } from '@ottla/metadata'
import { MutationQuotas } from './mutation-quotas.ts'

const WINDOWS = { count: 11, sizeMs: 1000 }
const CLIENT = { user: 'alice', clientId: 'c' }

function quotasAt(perSecond: number, now: () => number): MutationQuotas {
  const quotas = new MutationQuotas(WINDOWS, now)
  quotas.update(new ClientQuotasImage().with(new Map([['user', 'alice']]), 'controller_mutation_rate', perSecond))
  return quotas
}

test('a burst of eleven seconds is there, the change that exceeds it is the last that is taken', () => {
  const quotas = quotasAt(1, () => 0)
  const request = quotas.of(CLIENT, 'strict')
  ok(request !== null)
  deepEqual(
    [10, 10, 10].map((partitions) => request.take(partitions)),
    [true, true, false],
  )
  equal(request.throttleMs, 9000)
})

test('who may not be refused is served, and paused afterwards', () => {
  const quotas = quotasAt(1, () => 0)
  const request = quotas.of(CLIENT, 'permissive')
  ok(request !== null)
  deepEqual([request.take(20), request.take(10)], [true, true])
  equal(request.throttleMs, 19_000)
})

test('tokens come back with time, at the rate that is in force', () => {
  let nowMs = 0
  const quotas = quotasAt(1, () => nowMs)
  quotas.of(CLIENT, 'strict')?.take(20)
  nowMs = 8000
  equal(quotas.of(CLIENT, 'strict')?.take(1), false)
  nowMs = 9000
  equal(quotas.of(CLIENT, 'strict')?.take(1), true)
  quotas.update(new ClientQuotasImage())
  equal(quotas.of(CLIENT, 'strict'), null)
})
