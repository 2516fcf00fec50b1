import { equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { nodeRandom } from './node/node-random.ts'
import { uuidFromRandomBytes } from './uuid.ts'

test('bytes become a version 4 uuid in 22 characters, and one with a leading hyphen is drawn again', () => {
  equal(uuidFromRandomBytes(Buffer.alloc(16)), 'AAAAAAAAQACAAAAAAAAAAA')
  equal(uuidFromRandomBytes(Buffer.alloc(16, 0xf8)), null)
  for (let n = 0; n < 2000; n++) match(nodeRandom.uuid(), /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/)
})

test('real random numbers lie within their bound', () => {
  for (let n = 0; n < 100; n++) ok(nodeRandom.below(3) < 3)
  equal(nodeRandom.bytes(5).length, 5)
})
