import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { type Preparable, PrepareQueue } from './prepare-queue.ts'

class Log implements Preparable {
  isReady = false
  isStopped = false
  ready: (() => void) | null = null

  whenReady(fn: () => void): void {
    this.ready = fn
  }
}

function queued(count: number): { logs: Log[]; queue: PrepareQueue; begun(): number[] } {
  const queue = new PrepareQueue()
  const logs = Array.from({ length: count }, () => new Log())
  queue.add(logs.slice(0, 5))
  queue.add(logs.slice(5))
  return { logs, queue, begun: () => logs.flatMap(({ ready }, index) => (ready === null ? [] : [index])) }
}

test('so many logs are made at a time, and each that is done lets the next one begin', () => {
  const { logs, begun } = queued(20)
  equal(begun().length, 8)
  logs[3]!.ready!()
  deepEqual(begun(), [0, 1, 2, 3, 4, 5, 6, 7, 8])
})

test('what was opened meanwhile, or is gone, takes no place', () => {
  const { logs, begun } = queued(20)
  logs[8]!.isReady = true
  logs[9]!.isStopped = true
  logs[0]!.ready!()
  equal(begun().at(-1), 10)
})

test('what has not begun at the close never will', () => {
  const { logs, queue, begun } = queued(20)
  queue.close()
  logs[0]!.ready!()
  equal(begun().length, 8)
})
