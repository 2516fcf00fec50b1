import { deepEqual, equal, match } from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  BatchBuilder,
  CompressionType,
  ConsumerProtocolSubscription,
  ControlRecordType,
  encodeCoordinatorRecord,
  encodeMetadataRecord,
  encodeVersioned,
  GROUP_RECORDS,
  sizeInBytes,
  transactionMarkerBatch,
} from '@ottla/protocol'
import { runTool } from '../test-io.test.ts'

const NAME = '00000000000000000000'

function folder(t: TestContext): (name: string, content: Buffer) => string {
  const path = mkdtempSync(join(tmpdir(), 'ottla-cli-test-'))
  t.after(() => rmSync(path, { recursive: true }))
  return (name, content) => {
    writeFileSync(join(path, name), content)
    return join(path, name)
  }
}

function batch(records: readonly { key?: Buffer | null; value: Buffer | null }[], baseOffset = 0): Buffer {
  const builder = new BatchBuilder({ baseOffset, compression: CompressionType.gzip, partitionLeaderEpoch: 3 })
  for (const record of records) {
    const headers = [{ key: 'h', value: null }]
    builder.append({ key: record.key ?? null, value: record.value, headers, timestamp: 1000 + baseOffset })
  }
  return builder.build()
}

function segment(): Buffer {
  const first = batch([{ key: Buffer.from('k'), value: Buffer.from('one') }, { value: null }])
  const marker = transactionMarkerBatch(
    { type: ControlRecordType.abort, coordinatorEpoch: 7, producerId: 9, producerEpoch: 1, timestamp: 2000 },
    { baseOffset: 2 },
  )
  return Buffer.concat([first, marker])
}

const dump = (...argv: string[]) => runTool('kafka-dump-log', argv)

test('a segment is shown batch by batch, and record by record when that is asked for', async (t) => {
  const path = folder(t)(`${NAME}.log`, segment())
  const shallow = await dump('--files', path)
  equal(shallow.code, 0)
  const lines = shallow.out.split('\n')
  deepEqual(lines.slice(0, 2), [`Dumping ${path}`, 'Log starting offset: 0'])
  match(
    lines[2]!,
    /^baseOffset: 0 lastOffset: 1 count: 2 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: 3 isTransactional: false isControl: false deleteHorizonMs: OptionalLong\.empty position: 0 CreateTime: 1000 size: \d+ magic: 2 compresscodec: gzip crc: \d+ isvalid: true$/,
  )
  match(lines[3]!, /^baseOffset: 2 .* isTransactional: true isControl: true .* isvalid: true$/)
  const deep = (await dump('--print-data-log', '--files', path)).out.split('\n').filter((line) => line.startsWith('|'))
  deepEqual(deep, [
    '| offset: 0 CreateTime: 1000 keySize: 1 valueSize: 3 sequence: -1 headerKeys: [h] key: k payload: one',
    '| offset: 1 CreateTime: 1000 keySize: -1 valueSize: -1 sequence: -1 headerKeys: [h]',
    '| offset: 2 CreateTime: 2000 keySize: 4 valueSize: 6 sequence: -1 headerKeys: [] endTxnMarker: ABORT coordinatorEpoch: 7',
  ])
  const bare = await dump('--print-data-log', '--skip-record-metadata', '--files', path)
  match(bare.out, /\n\| key: k payload: one\n/)
})

test('damage is told: a wrong checksum, bytes at the end, offsets that are missing', async (t) => {
  const write = folder(t)
  const wrong = segment()
  wrong[sizeInBytes(wrong, 0) - 1]! ^= 1
  match((await dump('--files', write('00000000000000000000.log', wrong))).out, /crc: \d+ isvalid: false\n/)
  const cut = write('00000000000000000001.log', segment().subarray(0, -1))
  match((await dump('--files', cut)).out, /\nFound \d+ invalid bytes at the end of 00000000000000000001\.log\n$/)
  const gap = write('00000000000000000002.log', Buffer.concat([segment(), batch([{ value: null }], 9)]))
  equal(
    (await dump('--deep-iteration', '--files', gap)).err,
    `Non-consecutive offsets in ${gap}\n  2 is followed by 9\n`,
  )
  const zeros = await dump('--files', write('00000000000000000003.log', Buffer.alloc(100)))
  equal(zeros.code, 1)
  match(zeros.err, /^Found record size 0 smaller than minimum record overhead \(14\)/)
})

test('records of groups are shown as JSON, with what their members subscribe to', async (t) => {
  const subscription = encodeVersioned(ConsumerProtocolSubscription, 0, { topics: ['a'] })
  const { key, value } = encodeCoordinatorRecord(GROUP_RECORDS, {
    kind: 'GroupMetadata',
    key: { group: 'g' },
    version: 3,
    value: { protocolType: 'consumer', members: [{ memberId: 'm', subscription, assignment: Buffer.alloc(0) }] },
  })
  const records = [
    { key, value },
    { key, value: null },
  ]
  const path = folder(t)(`${NAME}.log`, batch(records))
  const { out } = await dump('--offsets-decoder', '--skip-record-metadata', '--files', path)
  const [shown, deleted] = out.split('\n').filter((line) => line.startsWith('|'))
  match(
    shown!,
    /^\| key: \{"type":"2","data":\{"group":"g"\}\} payload: \{"version":"3","data":\{"protocolType":"consumer"/,
  )
  match(shown!, /"subscription":\{"topics":\["a"\],"userData":null\},"assignment":/)
  equal(deleted, '| key: {"type":"2","data":{"group":"g"}} payload: <DELETE>')
})

test('records of the metadata log are shown by the name of their type', async (t) => {
  const value = encodeMetadataRecord({ kind: 'FeatureLevelRecord', version: 0, value: { name: 'f', featureLevel: 2 } })
  const path = folder(t)('00000000000000000005-0000000003.checkpoint', batch([{ value }]))
  const { out } = await dump('--cluster-metadata-decoder', '--skip-record-metadata', '--files', path)
  match(out, /\nSnapshot end offset: 5, epoch: 3\n/)
  match(out, /\n\| payload: \{"type":"FEATURE_LEVEL_RECORD","version":0,"data":\{"name":"f","featureLevel":2\}\}\n/)
})

test('indexes are held against their segment', async (t) => {
  const write = folder(t)
  write(`${NAME}.log`, segment())
  const index = Buffer.alloc(8)
  index.writeInt32BE(1, 0)
  const path = write(`${NAME}.index`, index)
  deepEqual(await dump('--files', path), { code: 0, out: `Dumping ${path}\noffset: 1 position: 0\n`, err: '' })
  equal((await dump('--index-sanity-check', '--files', path)).out, `Dumping ${path}\n${path} passed sanity check.\n`)
  index.writeInt32BE(2, 0)
  write(`${NAME}.index`, index)
  deepEqual(await dump('--verify-index-only', '--files', path), {
    code: 0,
    out: `Dumping ${path}\n`,
    err: `Mismatches in :${path}\n  Index offset: 2, log offset: 1\n`,
  })
  const time = Buffer.alloc(12)
  time.writeInt32BE(999, 4)
  time.writeInt32BE(1, 8)
  const timePath = write(`${NAME}.timeindex`, time)
  deepEqual(await dump('--files', timePath), {
    code: 0,
    out: `Dumping ${timePath}\ntimestamp: 999 offset: 1\n`,
    err: `Found timestamp mismatch in :${timePath}\n  Index timestamp: 999, log timestamp: 1000\n`,
  })
  const other = write('notes.txt', Buffer.alloc(0))
  equal((await dump('--files', other)).err, `Ignoring unknown file ${other}\n`)
})
