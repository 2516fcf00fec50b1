import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumerRecord } from './consumer-record.ts'
import { PartitionState } from './partition-state.ts'

const at = (offset: number): ConsumerRecord => ({
  topic: 'words',
  partition: 0,
  offset,
  timestamp: 0,
  timestampType: 'CreateTime',
  key: null,
  value: null,
  headers: [],
  leaderEpoch: 0,
})

/** A partition that has handed out records up to 5. */
function read(): PartitionState {
  const state = new PartitionState({ topic: 'words', partition: 0 }, 'earliest')
  state.seek(0)
  state.position = 6
  return state
}

test('records that are given back come next again, in their order, and the position stands before them', () => {
  const state = read()
  state.giveBack([at(4), at(5)])
  state.giveBack([at(2), at(3)])
  equal(state.position, 2)
  deepEqual(
    [state.next(), state.next(), state.next(), state.next(), state.next()].map((record) => record?.offset),
    [2, 3, 4, 5, undefined],
  )
  equal(state.position, 6)
})

test('a partition that is held back hands out nothing, until it is let go or sought elsewhere', () => {
  const state = read()
  state.giveBack([at(5)])
  state.isHeldBack = true
  equal(state.hasRecords, false)
  state.isHeldBack = false
  equal(state.hasRecords, true)
  state.isHeldBack = true
  state.seek(3)
  equal(state.isHeldBack, false)
  deepEqual([state.next(), state.position], [null, 3])
})
