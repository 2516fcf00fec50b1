/** What a log answers to who asks for something that is none. */
import { equal, match, ok } from 'node:assert/strict'
import { ErrorCode } from '@ottla/protocol'
import { simTest } from '../testing/sim-log.test.ts'
import type { ReadOptions } from '../types.ts'

const WHOLE = { maxBytes: 1000, upTo: Infinity, minOneBatch: true }

for (const [where, tailBytes] of [
  ['from memory', 1 << 20],
  ['from a file', 0],
] as const) {
  simTest(
    `a read ${where} of a part of a byte or an offset is refused, and the log goes on`,
    { limits: { tailBytes } },
    async (t) => {
      await t.open()
      for (let i = 0; i < 5; i++) t.put(`r${i}`)
      await t.written()
      const asked: [number, ReadOptions][] = [
        [0, { ...WHOLE, maxBytes: 250.5 }],
        [0, { ...WHOLE, maxBytes: Number.NaN }],
        [0, { ...WHOLE, upTo: 1.5 }],
        [0.5, WHOLE],
      ]
      for (const [offset, options] of asked) {
        const result = await t.log.read(offset, options)
        ok(result.kind === 'failed')
        equal(result.error, ErrorCode.UNKNOWN_SERVER_ERROR)
        match(result.message, /a read of t-0 takes whole numbers/)
      }
      equal(t.log.failure, null)
      const result = await t.log.read(0, WHOLE)
      ok(result.kind === 'records' && result.sizeBytes > 0)
      result.release()
    },
  )
}
