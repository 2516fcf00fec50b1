import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatCleanShutdown, parseCleanShutdown } from './clean-shutdown-marker.ts'
import { formatMetaProperties, parseMetaProperties } from './meta-properties.ts'
import { formatOffsetCheckpoint, parseOffsetCheckpoint } from './offset-checkpoint.ts'
import { folderName, parseFolder, renamedFolder } from './partition-folder.ts'
import { formatPartitionMetadata, parsePartitionMetadata } from './partition-metadata.ts'

test('a checkpoint of offsets reads as it was written, in the form of Kafka', () => {
  const offsets = new Map([
    ['orders 0', 17],
    ['a.b-c_d 12', 2 ** 45],
  ])
  const file = formatOffsetCheckpoint(offsets)
  equal(file.toString(), `0\n2\norders 0 17\na.b-c_d 12 ${2 ** 45}\n`)
  deepEqual(parseOffsetCheckpoint(file), offsets)
})

test('a damaged checkpoint of offsets is told from a good one', () => {
  for (const text of ['', '0\n1\n', '0\n2\na 0 1\n', '0\n1\na 0 1', '1\n0\n', '0\n1\na 0\n', '0\n1\na b 1\n']) {
    equal(parseOffsetCheckpoint(Buffer.from(text)), null, JSON.stringify(text))
  }
})

test('meta.properties of both versions are read', () => {
  const kafka =
    '#\n#Mon Sep 01 10:00:00 UTC 2025\ncluster.id=abcdefghijklmnopqrstuv\nversion=1\nnode.id=3\ndirectory.id=AAAA\n'
  deepEqual(parseMetaProperties(Buffer.from(kafka)), {
    version: 1,
    clusterId: 'abcdefghijklmnopqrstuv',
    nodeId: 3,
    directoryId: 'AAAA',
  })
  deepEqual(parseMetaProperties(Buffer.from('version=0\r\nbroker.id=7\r\n')), {
    version: 0,
    clusterId: undefined,
    nodeId: 7,
    directoryId: undefined,
  })
  throws(() => parseMetaProperties(Buffer.from('node.id=7\n')), /version is missing/)
  throws(() => parseMetaProperties(Buffer.from('version=1\nnode.id=x\n')), /node id/)
})

test('meta.properties reads as it was written', () => {
  for (const version of [0, 1] as const) {
    const meta = { version, clusterId: 'c', nodeId: 5, directoryId: 'd' }
    deepEqual(parseMetaProperties(formatMetaProperties(meta)), meta)
  }
})

test('folders of partitions are told from renamed ones and from others', () => {
  deepEqual(parseFolder('a-b-3'), { kind: 'partition', topicPartition: { topic: 'a-b', partition: 3 } })
  deepEqual(parseFolder(`a-3.${'0f'.repeat(16)}-delete`), { kind: 'delete', of: 'a-3' })
  deepEqual(parseFolder(`a-3.${'0f'.repeat(16)}-stray`), { kind: 'stray', of: 'a-3' })
  for (const name of ['lost+found', 'a-', '-3', 'a', 'remote-log-index-cache']) equal(parseFolder(name), null, name)
})

test('a renamed folder keeps within what file systems take', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, maxLength: 249, unit: fc.constantFrom('a', '-', '.', '0') }),
      fc.nat(),
      (topic, partition) => {
        const topicPartition = { topic, partition }
        deepEqual(parseFolder(folderName(topicPartition)), { kind: 'partition', topicPartition })
        const renamed = renamedFolder(topicPartition, 'delete', Buffer.alloc(16, 7))
        equal(renamed.length <= 255, true)
        equal(parseFolder(renamed)?.kind, 'delete')
      },
    ),
  )
})

test('partition.metadata reads as it was written; a damaged one has no id', () => {
  const id = 'u7_-cdefghijklmnopqrst'
  equal(parsePartitionMetadata(formatPartitionMetadata(id)), id)
  equal(parsePartitionMetadata(Buffer.from('')), undefined)
  equal(parsePartitionMetadata(Buffer.from('version: 0\ntopic_id: ')), undefined)
  equal(parsePartitionMetadata(Buffer.from(`version: 1\ntopic_id: ${id}\n`)), undefined)
})

test('the clean-shutdown marker tells the broker epoch, the empty one of old releases none', () => {
  equal(parseCleanShutdown(formatCleanShutdown(12)), 12)
  equal(parseCleanShutdown(Buffer.from('{"version":0,"brokerEpoch":5}')), 5)
  for (const text of ['', '{}', 'x', '{"brokerEpoch":"5"}', 'null']) equal(parseCleanShutdown(Buffer.from(text)), -1)
})
