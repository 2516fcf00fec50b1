import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { AckQueue } from './ack-queue.ts'

function recorder(): { waiter: { acknowledged(index: number, error: number): void }; told: [number, number][] } {
  const told: [number, number][] = []
  return { told, waiter: { acknowledged: (index, error) => told.push([index, error]) } }
}

test('acknowledgements come in the order of their offsets, up to the safe end', () => {
  const { waiter, told } = recorder()
  const queue = new AckQueue()
  queue.add(10, waiter, 0)
  queue.add(20, waiter, 1)
  queue.add(30, waiter, 2)
  queue.completeUpTo(20, 0)
  deepEqual(told, [
    [0, 0],
    [1, 0],
  ])
  equal(queue.size, 1)
})

test('a duplicate that waits for an earlier offset is not held up by later ones', () => {
  const { waiter, told } = recorder()
  const queue = new AckQueue()
  queue.add(10, waiter, 0)
  queue.add(30, waiter, 1)
  queue.add(20, waiter, 2)
  queue.completeUpTo(20, 0)
  deepEqual(told, [
    [0, 0],
    [2, 0],
  ])
})

test('what was taken back fails, and what lies below goes on waiting', () => {
  const { waiter, told } = recorder()
  const queue = new AckQueue()
  queue.add(10, waiter, 0)
  queue.add(20, waiter, 1)
  queue.failAbove(10, 56)
  deepEqual(told, [[1, 56]])
  queue.completeUpTo(10, 0)
  deepEqual(told, [
    [1, 56],
    [0, 0],
  ])
})

test('a long queue that is worked off keeps nothing', () => {
  const { waiter, told } = recorder()
  const queue = new AckQueue()
  for (let end = 1; end <= 10_000; end++) queue.add(end, waiter, end)
  for (let end = 1; end <= 10_000; end += 7) queue.completeUpTo(end, 0)
  queue.completeUpTo(10_000, 0)
  equal(told.length, 10_000)
  equal(queue.size, 0)
})
