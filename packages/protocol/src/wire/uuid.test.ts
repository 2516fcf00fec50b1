import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isUuid, readUuid, UUID_BYTES, uuidFromBytes, uuidToBytes, writeUuid, ZERO_UUID } from './uuid.ts'

const lines = readFileSync(new URL('../../golden/hashes.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')

describe('uuids', () => {
  it('have the text of Kafka', () => {
    const golden = lines.map((line) => JSON.parse(line)).filter((line) => line.kind === 'uuid')
    assert.equal(golden.length, 15)
    for (const { hex, text } of golden) {
      assert.equal(uuidFromBytes(Buffer.from(hex, 'hex')), text)
      assert.equal(uuidToBytes(text).toString('hex'), hex)
    }
  })

  it('round-trip, first and second time', () => {
    const property = fc.property(fc.uint8Array({ minLength: UUID_BYTES, maxLength: UUID_BYTES }), (bytes) => {
      const uuid = uuidFromBytes(bytes)
      assert.equal(uuid, Buffer.from(bytes).toString('base64url'))
      assert.equal(uuidFromBytes(bytes), uuid)
      assert.deepEqual(uuidToBytes(uuid), Buffer.from(bytes))
      assert.ok(isUuid(uuid))
    })
    fc.assert(property, { numRuns: 5000 })
  })

  it('are read and written anywhere in a buffer', () => {
    const buffer = Buffer.alloc(40, 1)
    writeUuid(buffer, 7, 'oRsj9XhqQCGjzRPQqRhVMw')
    assert.equal(readUuid(new DataView(buffer.buffer, buffer.byteOffset, 40), 7), 'oRsj9XhqQCGjzRPQqRhVMw')
    assert.equal(buffer[6], 1)
    assert.equal(buffer[23], 1)
  })

  it('of zero bytes are the one constant', () => {
    assert.equal(uuidFromBytes(Buffer.alloc(16)), ZERO_UUID)
  })

  it('are refused in any other form', () => {
    for (const text of [
      '',
      'A',
      `${ZERO_UUID}A`,
      'AAAAAAAAAAAAAAAAAAAAA=',
      'AAAAAAAAAAAAAAAAAAAAA+',
      'ŁAAAAAAAAAAAAAAAAAAAAA',
    ]) {
      assert.throws(() => uuidToBytes(text), { code: 'INVALID_VALUE' }, text)
      assert.equal(isUuid(text), false)
    }
    assert.throws(() => uuidFromBytes(Buffer.alloc(15)), { code: 'INVALID_VALUE' })
  })
})
