import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isoTime } from './iso-time.ts'

test('a time reads as Date has it, in whatever year', () => {
  for (const time of [0, -1, 951_782_400_000, 253_402_300_799_999, 253_402_300_800_000, -62_167_219_200_001, 8.64e15]) {
    assert.equal(isoTime(time), new Date(time).toISOString())
  }
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), (date) => assert.equal(isoTime(date.getTime()), date.toISOString())),
  )
})

test('what is no time is refused', () => {
  assert.throws(() => isoTime(Number.NaN), RangeError)
})
