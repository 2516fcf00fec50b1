import { throws } from 'node:assert/strict'
import { test } from 'node:test'
import { AssertionError, assert } from './assert.ts'

test('a broken invariant throws AssertionError with its message', () => {
  throws(() => assert(false, 'end >= start'), new AssertionError('end >= start'))
})
