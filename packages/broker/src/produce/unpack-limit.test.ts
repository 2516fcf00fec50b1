import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { unpackLimit } from './unpack-limit.ts'

const MIB = 1 << 20
const limit = (unpacked: number, packed: number): number =>
  unpackLimit({ 'max.decompressed.message.bytes': unpacked, 'max.message.bytes': packed })

test('a bound that is set holds, without one there is still a bound, and it grows with the batches that are allowed', () => {
  equal(limit(5000, MIB), 5000)
  equal(limit(300 * MIB, MIB), 300 * MIB)
  equal(limit(2_147_483_639, MIB), 128 * MIB)
  equal(limit(2_147_483_639, 100 * MIB), 400 * MIB)
  equal(limit(2_147_483_639, 2_147_483_647), 2_147_483_639)
})
