import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { uuidFromBytes, uuidToBytes } from '../wire/uuid.ts'
import { readVarint, readVarlong, writeUvarint, writeUvarlong, writeVarint, writeVarlong } from '../wire/varint.ts'
import { crc32c, crc32cInTypeScript, loadNativeCrc32c } from './crc32c.ts'
import { groupMetadataHash } from './group-metadata-hash.ts'
import { compareUuids, javaHash, partitionForGroup, sharePartitionKey, uuidHash } from './java-hash.ts'
import { murmur2, partitionForKey, positiveMurmur2 } from './murmur2.ts'

// biome-ignore lint/suspicious/noExplicitAny: lines of several kinds, checked field by field below
type Line = Record<string, any>

const lines = readFileSync(new URL('../../golden/hashes.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Line)

const ofKind = (kind: string) => lines.filter((line) => line['kind'] === kind)

function checkBytes(bytes: Buffer, line: Line): void {
  assert.equal(murmur2(bytes), line['murmur2'])
  assert.equal(positiveMurmur2(bytes), line['positiveMurmur2'])
  for (const [partitions, partition] of Object.entries(line['keyPartition'] ?? {})) {
    assert.equal(partitionForKey(bytes, Number(partitions)), partition)
  }
  assert.equal(crc32c(bytes), line['crc32c'])
  assert.equal(crc32cInTypeScript(bytes), line['crc32c'])
}

function encoded(write: (buffer: Uint8Array, position: number, value: number) => number, value: number): string {
  const buffer = Buffer.alloc(10)
  return buffer.toString('hex', 0, write(buffer, 0, value))
}

const cursorOver = (hex: string) => ({ buffer: Buffer.from(hex, 'hex'), position: 0, end: hex.length / 2 })

describe('golden hashes', () => {
  it('strings hash, and find their partitions, as in Kafka', () => {
    assert.ok(ofKind('string').length > 20)
    for (const line of ofKind('string')) {
      const text = line['s'] as string
      assert.equal(Buffer.from(text).toString('hex'), line['utf8'])
      checkBytes(Buffer.from(text), line)
      assert.equal(javaHash(text), line['javaHash'])
      assert.equal(partitionForGroup(text, 50), line['groupPartition50'])
      assert.equal(partitionForGroup(text, 7), line['groupPartition7'])
    }
  })

  it('bytes of every length hash as in Kafka, with and without the native checksum', () => {
    assert.ok(ofKind('bytes').length > 40)
    for (const line of ofKind('bytes')) checkBytes(Buffer.from(line['hex'] as string, 'hex'), line)
    loadNativeCrc32c()
    for (const line of ofKind('bytes')) checkBytes(Buffer.from(line['hex'] as string, 'hex'), line)
  })

  it('varints are encoded as in Kafka', () => {
    for (const line of ofKind('varint')) {
      const value = line['v'] as number
      assert.equal(encoded(writeVarint, value), line['zigzagVarint'])
      assert.equal(readVarint(cursorOver(line['zigzagVarint'] as string)), value)
      assert.equal(encoded(writeUvarint, value >>> 0), line['unsignedVarint'])
    }
  })

  it('varlongs are encoded as in Kafka', () => {
    for (const line of ofKind('varlong')) {
      const exact = BigInt(line['v'] as string)
      const value = Number(exact)
      if (BigInt(value) !== exact && exact !== 2n ** 63n - 1n) continue
      assert.equal(encoded(writeVarlong, value), line['zigzagVarlong'])
      assert.equal(readVarlong(cursorOver(line['zigzagVarlong'] as string)), value)
      if (exact >= 0n && Number.isSafeInteger(value))
        assert.equal(encoded(writeUvarlong, value), line['unsignedVarlong'])
    }
  })

  it('uuids have the text, the hash code and the order that Kafka gives them', () => {
    for (const line of ofKind('uuid')) {
      assert.equal(uuidFromBytes(Buffer.from(line['hex'] as string, 'hex')), line['text'])
      assert.equal(uuidToBytes(line['text'] as string).toString('hex'), line['hex'])
      assert.equal(uuidHash(line['text'] as string), line['javaHash'])
    }
    for (const line of ofKind('uuid-order')) {
      assert.equal(compareUuids(line['a'] as string, line['b'] as string), line['sign'])
      assert.equal(compareUuids(line['b'] as string, line['a'] as string), -line['sign'])
      assert.equal(compareUuids(line['a'] as string, line['a'] as string), 0)
    }
  })

  it('share partitions have the key, and the coordinator partition, that Kafka gives them', () => {
    for (const line of ofKind('share-coordinator-key')) {
      const key = sharePartitionKey(line['groupId'] as string, line['topicId'] as string, line['partition'] as number)
      assert.equal(key, line['key'])
      assert.equal(javaHash(key), line['javaHash'])
      assert.equal(partitionForGroup(key, 50), line['statePartition50'])
    }
  })

  it('the metadata of a group hashes as in Kafka, in whatever order the topics come', () => {
    for (const line of ofKind('group-metadata-hash')) {
      const topics = Object.entries(line['topicHashes'] as Record<string, string>).map(
        ([name, hash]) => [name, BigInt(hash)] as const,
      )
      assert.equal(groupMetadataHash(new Map(topics)), BigInt(line['hash'] as string))
      assert.equal(groupMetadataHash(new Map(topics.reverse())), BigInt(line['hash'] as string))
    }
  })
})
