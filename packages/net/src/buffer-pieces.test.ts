import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BufferPieces } from './buffer-pieces.ts'

test('the pieces are the buffers in order, none larger than asked, none empty', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), fc.integer({ min: 1, max: 40 }), (arrays, pieceBytes) => {
      const buffers = arrays.map((bytes) => Buffer.from(bytes)).filter(({ length }) => length > 0)
      const pieces = new BufferPieces(buffers)
      const got: Buffer[] = []
      while (!pieces.isOver) {
        const piece = Buffer.concat(pieces.next(pieceBytes))
        equal(piece.length > 0 && piece.length <= pieceBytes, true)
        got.push(piece)
      }
      deepEqual(Buffer.concat(got), Buffer.concat(buffers))
    }),
  )
})
