import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { encodeOtlp } from './otlp-metrics.ts'

test('times are nanoseconds in 64 bits, exactly', () => {
  for (const timeMs of [0, 1, 4_194_303, 4_194_304, 1_795_289_545_639, 2 ** 43 - 1]) {
    const bytes = encodeOtlp([{ name: 'n', isTotal: false, attributes: [], value: 1 }], { startedAt: timeMs, now: 0 })
    const expected = Buffer.alloc(8)
    let left = BigInt(timeMs) * 1_000_000n
    for (let at = 0; at < 8; at++, left >>= 8n) expected[at] = Number(left & 0xffn)
    // Field 2 of the point, fixed64.
    const at = bytes.indexOf(Buffer.concat([Buffer.from([0x11]), expected]))
    ok(at > 0, `${timeMs}`)
  }
})

test('one metric holds the points of all its attributes', () => {
  const sample = (topic: string) => ({ name: 'm', isTotal: true, attributes: [['topic', topic]] as const, value: 1 })
  const bytes = encodeOtlp([sample('a'), sample('b')], { startedAt: 0, now: 0 }).toString('latin1')
  deepEqual([bytes.split('topic').length, bytes.split('\n\u0001m').length], [3, 2])
})
