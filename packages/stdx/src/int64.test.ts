import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  formatInt64,
  INT64_MAX,
  INT64_MIN,
  int64FromParts,
  int64High,
  int64Low,
  isExactInt64,
  parseInt64,
} from './int64.ts'

test('the sentinels round-trip exactly as text and as parts', () => {
  equal(formatInt64(INT64_MAX), '9223372036854775807')
  equal(formatInt64(INT64_MIN), '-9223372036854775808')
  equal(parseInt64('9223372036854775807'), INT64_MAX)
  equal(parseInt64('-9223372036854775808'), INT64_MIN)
  deepEqual([int64High(INT64_MAX), int64Low(INT64_MAX)], [0x7fffffff, 0xffffffff])
  deepEqual([int64High(INT64_MIN), int64Low(INT64_MIN)], [-0x80000000, 0])
  equal(int64FromParts(0x7fffffff, 0xffffffff), INT64_MAX)
  equal(int64FromParts(-0x80000000, 0), INT64_MIN)
  equal(isExactInt64(INT64_MAX) && isExactInt64(INT64_MIN), true)
  equal(isExactInt64(2 ** 60), false)
})

test('every safe integer round-trips as text and as parts, and the parts are those of two’s complement', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (n) => {
      equal(parseInt64(formatInt64(n)), n)
      equal(int64FromParts(int64High(n), int64Low(n)), n)
      const buffer = Buffer.alloc(8)
      buffer.writeBigInt64BE(BigInt(n))
      equal(int64High(n), buffer.readInt32BE(0))
      equal(int64Low(n), buffer.readUInt32BE(4))
    }),
  )
})

test('text that is no int64 is refused', () => {
  for (const text of [
    '',
    '-',
    '1.5',
    '1e3',
    ' 1',
    '0x10',
    '9223372036854775808',
    '-9223372036854775809',
    '99999999999999999999',
  ])
    throws(() => parseInt64(text), RangeError, text)
})
