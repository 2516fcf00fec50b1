import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import type { Logger } from '@ottla/env'
import { ErrorCode } from '@ottla/protocol'
import { ProducerIds } from './producer-ids.ts'

const SILENT: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  fatal() {},
  child: () => SILENT,
  isEnabled: () => false,
}

test('ids come one after the other, block after block, none twice', async () => {
  let nextBlock = 1000
  const ids = new ProducerIds(async () => ({ firstId: (nextBlock += 10) - 10, count: 10 }), SILENT)
  const given: number[] = []
  for (let turn = 0; turn < 35; turn++) given.push(await ids.next())
  deepEqual(
    given,
    Array.from({ length: 35 }, (_, at) => 1000 + at),
  )
})

test('many that ask at once get different ids from one block', async () => {
  let blocks = 0
  const ids = new ProducerIds(async () => ({ firstId: 100 * blocks++, count: 100 }), SILENT)
  const given = await Promise.all(Array.from({ length: 50 }, () => ids.next()))
  equal(new Set(given).size, 50)
  equal(blocks, 1)
})

test('while the controller gives none, producers are told to come again', async () => {
  let isUp = false
  const ids = new ProducerIds(async () => {
    if (!isUp) throw new Error('no controller')
    return { firstId: 0, count: 10 }
  }, SILENT)
  await rejects(ids.next(), { code: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS })
  isUp = true
  equal(await ids.next(), 0)
})
