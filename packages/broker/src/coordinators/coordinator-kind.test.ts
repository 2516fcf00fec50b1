import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COORDINATOR_KINDS, coordinatorKindOf } from './coordinator-kind.ts'

test('a kind of coordinator stands at its key type', () => {
  COORDINATOR_KINDS.forEach(({ keyType }, index) => {
    assert.equal(keyType, index)
  })
  assert.equal(coordinatorKindOf(3), undefined)
  assert.equal(coordinatorKindOf(-1), undefined)
})

test('the key of a share partition is a group id, which may hold colons, a topic id and a partition', () => {
  const share = COORDINATOR_KINDS[2]!
  const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
  for (const key of [`g:${topicId}:0`, `a:b:c:${topicId}:12`]) assert.equal(share.problemOf(key), null, key)
  for (const key of [
    '',
    'g',
    `:${topicId}:0`,
    ` :${topicId}:0`,
    `g:${topicId}`,
    `g:${topicId}:`,
    `g:${topicId}:-1`,
    'g:t:0',
  ]) {
    assert.notEqual(share.problemOf(key), null, key)
  }
})

test('a key belongs to the partition that its Java hash says, and transactions to that of their id', () => {
  const [group, transaction] = COORDINATOR_KINDS
  assert.equal(group!.partitionFor('my-group', 50), transaction!.partitionFor('my-group', 50))
  assert.equal(group!.partitionFor('a', 50), 97 % 50)
})
