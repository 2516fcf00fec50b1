import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import {
  decodeCoordinatorKey,
  decodeCoordinatorRecord,
  decodeCoordinatorValue,
  decodeMetadataRecord,
  decodeRemoteLogRecord,
  decodeVersioned,
  encodeCoordinatorKey,
  encodeCoordinatorRecord,
  encodeCoordinatorValue,
  encodeMetadataRecord,
  encodeMetadataRecords,
  encodeRemoteLogRecord,
  encodeVersioned,
} from './framing.ts'
import * as messages from './messages/index.ts'
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from './messages/index.ts'
import {
  GROUP_RECORDS,
  type KeyedRecordSet,
  type MetadataRecord,
  type RemoteLogRecord,
  SHARE_RECORDS,
  TRANSACTION_RECORDS,
} from './record-sets.ts'
import { fromJson, type JsonObject, toJson } from './schema/json.ts'
import type { Schema } from './schema/schema.ts'
import { ProtocolError } from './wire/protocol-error.ts'

interface Line {
  readonly group: string
  readonly name: string
  readonly type: string
  readonly version: number
  readonly variant: string
  readonly json: JsonObject
  readonly hex: string
  readonly framed?: string
  readonly unknownTags?: readonly { readonly tag: number; readonly hex: string }[]
}

const schemas = messages as unknown as Record<string, Schema>
const text = readFileSync(new URL('../golden/messages.jsonl', import.meta.url), 'utf8')
const lines = text
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Line)
const framed = lines.filter((line) => line.framed !== undefined)
const SETS: Readonly<Record<string, KeyedRecordSet>> = {
  'group-coordinator': GROUP_RECORDS,
  'transaction-coordinator': TRANSACTION_RECORDS,
  'share-coordinator': SHARE_RECORDS,
}

/** Checks one line in both directions. */
function checkFrame(line: Line): void {
  const schema = schemas[line.name]!
  const unknownTags = line.unknownTags?.map(({ tag, hex }) => ({ tag, data: Buffer.from(hex, 'hex') }))
  const value = { ...fromJson(schema, line.version, line.json), unknownTags }
  const buffer = Buffer.from(line.framed!, 'hex')
  const what = `${line.name} version ${line.version}, ${line.variant}`
  if (line.type === 'metadata') {
    const record = { kind: line.name, version: line.version, value }
    const isMetadata = line.group === 'metadata'
    const encoded = isMetadata
      ? encodeMetadataRecord(record as unknown as MetadataRecord)
      : encodeRemoteLogRecord(record as unknown as RemoteLogRecord)
    assert.equal(encoded.toString('hex'), line.framed, what)
    const decoded = isMetadata ? decodeMetadataRecord(buffer) : decodeRemoteLogRecord(buffer)
    assert.equal(decoded.kind, line.name)
    assert.equal(decoded.version, line.version)
    assert.deepEqual(toJson(schema, line.version, decoded.value), line.json, what)
  } else if (line.type === 'coordinator-key') {
    assert.equal(encodeCoordinatorKey(schema, value).toString('hex'), line.framed, what)
    const decoded = decodeCoordinatorKey(SETS[line.group]!, buffer)
    assert.equal(`${decoded.kind}Key`, line.name)
    assert.ok('key' in decoded)
    assert.deepEqual(toJson(schema, line.version, decoded.key), line.json, what)
  } else {
    const encoded =
      line.type === 'coordinator-value'
        ? encodeCoordinatorValue(schema, line.version, value)
        : encodeVersioned(schema, line.version, value)
    assert.equal(encoded.toString('hex'), line.framed, what)
    const decoded = decodeCoordinatorValue(schema, buffer)
    assert.equal(decoded.version, line.version)
    assert.deepEqual(toJson(schema, line.version, decoded.value), line.json, what)
  }
}

describe('frames of stored records', () => {
  it('are those of Kafka, in both directions', () => {
    assert.ok(framed.length > 400)
    for (const line of framed) checkFrame(line)
  })

  it('give a record back under its kind, whose value type follows', () => {
    const value = { name: 'orders', topicId: 'oRsj9XhqQCGjzRPQqRhVMw' }
    const record = decodeMetadataRecord(encodeMetadataRecord({ kind: 'TopicRecord', version: 0, value }))
    assert.equal(record.kind, 'TopicRecord')
    if (record.kind === 'TopicRecord') assert.equal(record.value.name, 'orders')
  })

  it('are the same record by record and one after the other', () => {
    const records = ['orders', 'bills', ''].map((name) => ({
      kind: 'TopicRecord' as const,
      version: 0,
      value: { name, topicId: 'oRsj9XhqQCGjzRPQqRhVMw' },
    }))
    const together = [...encodeMetadataRecords(records)].map(({ length }) => length)
    assert.deepEqual(
      together,
      records.map((record) => encodeMetadataRecord(record).length),
    )
    let at = 0
    for (const value of encodeMetadataRecords(records)) assert.deepEqual(value, encodeMetadataRecord(records[at++]!))
  })

  it('keep key and value of a coordinator record together, a null value too', () => {
    const key = { group: 'billing', topic: 'orders', partition: 3 }
    const commit = encodeCoordinatorRecord(GROUP_RECORDS, {
      kind: 'OffsetCommit',
      key,
      version: 3,
      value: { offset: 7 },
    })
    const record = decodeCoordinatorRecord(GROUP_RECORDS, commit.key, commit.value)
    assert.ok(record.kind === 'OffsetCommit' && record.value !== null)
    assert.equal(record.version, 3)
    assert.equal(record.value.offset, 7)
    assert.deepEqual({ ...record.key }, key)

    const tombstone = encodeCoordinatorRecord(GROUP_RECORDS, { kind: 'OffsetCommit', key, value: null })
    assert.equal(tombstone.value, null)
    const deletion = decodeCoordinatorRecord(GROUP_RECORDS, tombstone.key, tombstone.value)
    assert.ok(deletion.kind === 'OffsetCommit' && deletion.value === null)
  })

  it('tell a coordinator record of an unknown type from damage', () => {
    assert.deepEqual(decodeCoordinatorRecord(GROUP_RECORDS, Buffer.from('0063aabb', 'hex'), null), {
      kind: 'unknown',
      type: 99,
    })
    assert.throws(() => decodeCoordinatorKey(GROUP_RECORDS, Buffer.from('00', 'hex')), { code: 'MALFORMED' })
    assert.throws(() => decodeCoordinatorKey(GROUP_RECORDS, Buffer.from('000200ff', 'hex')), { code: 'MALFORMED' })
  })

  it('refuse metadata records of an unknown frame, type or version, and bytes behind the end', () => {
    for (const hex of ['020200', '01e80700', '010263']) {
      assert.throws(() => decodeMetadataRecord(Buffer.from(hex, 'hex')), { code: 'UNSUPPORTED_VERSION' }, hex)
    }
    const whole = encodeMetadataRecord({ kind: 'NoOpRecord', version: 0, value: {} })
    assert.throws(() => decodeMetadataRecord(Buffer.concat([whole, Buffer.alloc(1)])), { code: 'MALFORMED' })
    assert.throws(() => decodeMetadataRecord(Buffer.alloc(0)), ProtocolError)
  })
})

describe('blobs of the consumer protocol', () => {
  const consumerLines = lines.filter((line) => line.group === 'consumer-protocol')

  it('decode to what the client meant', () => {
    assert.equal(consumerLines.length, 16)
    for (const { name, hex, version } of consumerLines) {
      const schema: Schema =
        name === 'serializeSubscription' ? ConsumerProtocolSubscription : ConsumerProtocolAssignment
      const decoded = decodeVersioned(schema, Buffer.from(hex, 'hex'))
      assert.equal(decoded.version, version)
      assert.equal(encodeVersioned(schema, version, decoded.value).toString('hex'), hex)
    }
  })

  it('are read in newer versions by leaving the tail', () => {
    const blob = Buffer.concat([
      encodeVersioned(ConsumerProtocolSubscription, 3, { topics: ['orders'], rackId: 'a' }),
      Buffer.from('of the future'),
    ])
    blob.writeInt16BE(7, 0)
    const decoded = decodeVersioned(ConsumerProtocolSubscription, blob, 'accept-newer')
    assert.equal(decoded.version, 7)
    assert.deepEqual(decoded.value.topics, ['orders'])
    assert.throws(() => decodeVersioned(ConsumerProtocolSubscription, blob), { code: 'UNSUPPORTED_VERSION' })
  })
})
