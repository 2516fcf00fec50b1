/** Sending records. */
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import {
  float64Codec,
  int32Codec,
  int64Codec,
  jsonCodec,
  RecordTooLargeError,
  stringCodec,
  topic,
  unwrap,
} from '@ottla/client'
import { NEEDS } from '../support/needs.mjs'
import { texts, valuesOf } from '../support/world.mjs'

const { records: needs, zstd, idempotence } = NEEDS

export default [
  {
    name: 'key, value, headers and timestamp come back byte for byte',
    needs,
    async run(world) {
      const name = await world.topic()
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n))
      const headers = [
        { key: 'a', value: bytes },
        { key: 'a', value: 'again' },
        { key: 'empty', value: '' },
        { key: 'none', value: null },
        { key: 'schön', value: 'größe' },
      ]
      const timestamp = 1_600_000_000_123
      const sent = await world.kafka.producer().send({ topic: name, key: bytes, value: bytes, headers, timestamp })
      deepEqual(sent, { topic: name, partition: 0, offset: 0, timestamp })
      const [record] = await world.read(name, 1)
      deepEqual([record.key, record.value], [bytes, bytes])
      deepEqual([record.timestamp, record.timestampType, record.offset], [timestamp, 'CreateTime', 0])
      deepEqual(
        record.headers.map(({ key, value }) => [key, value?.toString('latin1') ?? null]),
        headers.map(({ key, value }) => [key, value === null ? null : Buffer.from(value).toString('latin1')]),
      )
    },
  },
  {
    name: 'null and empty keys and values are told apart',
    needs,
    async run(world) {
      const name = await world.topic()
      const empty = Buffer.alloc(0)
      const pairs = [
        [null, null],
        [null, empty],
        [empty, null],
        [empty, empty],
      ]
      await world.kafka.producer().sendAll(pairs.map(([key, value]) => ({ topic: name, key, value })))
      const read = await world.read(name, 4)
      deepEqual(
        read.map(({ key, value }) => [key, value]),
        pairs,
      )
    },
  },
  ...['none', 'gzip', 'snappy', 'lz4', 'zstd'].map((compression) => ({
    name: `codec ${compression}: small and large records come back, and a topic may keep them in another`,
    needs: compression === 'zstd' ? zstd : needs,
    async run(world) {
      const [plain, recoded] = [
        await world.topic(),
        await world.topic({ configs: { 'compression.type': compression === 'gzip' ? 'snappy' : 'gzip' } }),
      ]
      const values = [...texts(500, 'a value that repeats itself '), 'x'.repeat(300_000), '']
      for (const name of [plain, recoded]) {
        await world.fill(name, values, { compression })
        deepEqual(valuesOf(await world.read(name, values.length)), values)
      }
    },
  })),
  {
    name: 'a compression level is taken',
    needs,
    async run(world) {
      const name = await world.topic()
      await world.fill(name, texts(50), { compression: 'gzip', compressionLevel: 9 })
      deepEqual(valuesOf(await world.read(name, 50)), texts(50))
    },
  },
  {
    name: 'acks 0: all is written, and no offset is known',
    needs,
    async run(world) {
      const name = await world.topic()
      const sent = await world.fill(name, texts(100), { acks: 0 })
      ok(sent.every(({ offset }) => offset === -1))
      deepEqual(valuesOf(await world.read(name, 100)), texts(100))
    },
  },
  ...[1, 'all'].map((acks) => ({
    name: `acks ${acks} without idempotence: offsets count up`,
    needs,
    async run(world) {
      const name = await world.topic()
      const sent = await world.fill(name, texts(100), { acks, isIdempotent: false })
      deepEqual(
        sent.map(({ offset }) => offset),
        Array.from({ length: 100 }, (_, n) => n),
      )
    },
  })),
  {
    name: 'an idempotent producer keeps the order of small batches, five requests under way',
    needs: idempotence,
    async run(world) {
      const name = await world.topic({ partitions: 3 })
      const producer = world.kafka.producer({ batchBytes: 512, maxInFlight: 5 })
      const all = []
      for (let n = 0; n < 3000; n++) {
        all.push(producer.send({ topic: name, partition: n % 3, value: Buffer.from(String(n)) }))
        if (n % 100 === 99) await all.at(-1)
      }
      const sent = await Promise.all(all)
      for (const [n, { partition, offset }] of sent.entries())
        deepEqual([partition, offset], [n % 3, Math.floor(n / 3)])
      const read = await world.read(name, 3000)
      for (const { partition, offset, value } of read) equal(Number(value), offset * 3 + partition)
    },
  },
  {
    name: 'keys go to the partitions that Java gives them',
    needs,
    async run(world) {
      const name = await world.topic({ partitions: 7 })
      const expected = { a: 5, kafka: 3, ottla: 5, 'longer-key-0123456789': 5, ä: 3 }
      const producer = world.kafka.producer()
      const typed = topic(name, { key: stringCodec, value: stringCodec })
      const sent = await producer.sendAll(Object.keys(expected).map((key) => ({ topic: typed, key, value: key })))
      deepEqual(Object.fromEntries(Object.keys(expected).map((key, n) => [key, sent[n].partition])), expected)
    },
  },
  {
    name: 'a partitioner sees key and value, and may leave the choice',
    needs,
    async run(world) {
      const name = await world.topic({ partitions: 4 })
      const seen = []
      const producer = world.kafka.producer({
        partitioner: ({ key, value, keyBytes, valueBytes, partitionCount }) => {
          seen.push([key, value.n, keyBytes.toString(), valueBytes.toString(), partitionCount])
          return value.n < 0 ? undefined : value.n
        },
      })
      const typed = topic(name, { key: stringCodec, value: jsonCodec() })
      const sent = await producer.sendAll([2, 3, -1].map((n) => ({ topic: typed, key: 'k', value: { n } })))
      deepEqual([sent[0].partition, sent[1].partition], [2, 3])
      deepEqual(seen[0], ['k', 2, 'k', '{"n":2}', 4])
      await rejects(
        world.kafka.producer({ partitioner: () => 4 }).send({ topic: name, value: Buffer.from('x') }),
        (error) => error.topic === name,
      )
    },
  },
  {
    name: 'records without a key stay together for a while, and reach all partitions',
    needs,
    async run(world) {
      const name = await world.topic({ partitions: 3 })
      const producer = world.kafka.producer()
      const values = Array.from({ length: 400 }, () => ({ topic: name, value: Buffer.alloc(1000) }))
      const partitions = (await producer.sendAll(values)).map(({ partition }) => partition)
      equal(new Set(partitions).size, 3)
      const changes = partitions.filter((partition, n) => n > 0 && partition !== partitions[n - 1]).length
      ok(changes < 60, `${changes} changes`)
    },
  },
  {
    name: 'codecs of a topic are used on both ends',
    needs,
    async run(world) {
      const kinds = [
        [stringCodec, 'größe'],
        [int32Codec, -7],
        [int64Codec, 2n ** 62n],
        [float64Codec, 0.1],
        [jsonCodec(), { a: [1, null] }],
      ]
      for (const [codec, value] of kinds) {
        const name = await world.topic()
        await world.kafka.producer().send({ topic: topic(name, { key: codec, value: codec }), key: value, value })
        const [record] = await world.read(name, 1, { key: codec, value: codec })
        deepEqual([record.key, record.value], [value, value])
      }
    },
  },
  {
    name: 'each record has its own outcome: what cannot be written leaves the others alone',
    needs,
    async run(world) {
      const name = await world.topic({ partitions: 2, configs: { 'max.message.bytes': '2000' } })
      const producer = world.kafka.producer()
      const send = (partition, bytes) => producer.send({ topic: name, partition, value: Buffer.alloc(bytes, 'x') })
      const outcomes = await Promise.allSettled([send(0, 10), send(1, 5000), send(0, 20), send(9, 10)])
      deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled', 'rejected'],
      )
      equal(outcomes[1].reason.topic, name)
      equal(outcomes[1].reason.partition, 1)
      equal((await send(1, 30)).offset, 0, 'the partition goes on')
    },
  },
  {
    name: 'a batch that the broker finds too large is split until it fits',
    needs,
    async run(world) {
      const name = await world.topic({ configs: { 'max.message.bytes': '3000' } })
      await world.fill(name, texts(200, 'x'.repeat(100)))
      deepEqual(valuesOf(await world.read(name, 200)), texts(200, 'x'.repeat(100)))
    },
  },
  {
    name: 'a record beyond the request size is refused at once',
    needs,
    async run(world) {
      const name = await world.topic()
      const producer = world.kafka.producer({ maxRequestBytes: 10_000 })
      await rejects(producer.send({ topic: name, value: Buffer.alloc(20_000) }), RecordTooLargeError)
      equal((await producer.send({ topic: name, value: Buffer.alloc(1000) })).offset, 0)
    },
  },
  {
    name: 'a record that the topic does not take is refused with the broker’s reason',
    needs,
    async run(world) {
      const name = await world.topic({ configs: { 'cleanup.policy': 'compact' } })
      const producer = world.kafka.producer()
      await rejects(producer.send({ topic: name, value: Buffer.from('no key') }), {
        code: 'INVALID_RECORD',
        topic: name,
      })
      equal((await producer.send({ topic: name, key: Buffer.from('k'), value: null })).offset, 0)
    },
  },
  {
    name: 'the broker’s own timestamps are told',
    needs,
    async run(world) {
      const name = await world.topic({ configs: { 'message.timestamp.type': 'LogAppendTime' } })
      const [sent] = await world.kafka.producer().sendAll([{ topic: name, value: null, timestamp: 1000 }])
      ok(Math.abs(sent.timestamp - Date.now()) < 600_000)
      const [record] = await world.read(name, 1)
      deepEqual([record.timestamp, record.timestampType], [sent.timestamp, 'LogAppendTime'])
    },
  },
  {
    name: 'large batches: megabytes in one request',
    needs,
    async run(world) {
      const configs = { 'max.message.bytes': '6000000' }
      const name = await world.topic({ configs })
      const producer = world.kafka.producer({ batchBytes: 5_000_000, maxRequestBytes: 6_000_000, lingerMs: 5 })
      const values = Array.from({ length: 40 }, (_, n) => Buffer.alloc(100_000, n))
      const sent = await producer.sendAll(
        [...values, Buffer.alloc(4_000_000, 'z')].map((value) => ({ topic: name, value })),
      )
      equal(sent.at(-1).offset, 40)
      const read = await world.read(name, 41)
      for (const [n, value] of values.entries()) ok(read[n].value.equals(value))
      equal(read[40].value.length, 4_000_000)
    },
  },
  {
    name: 'back-pressure: what waits never takes more than the buffer, and all arrives',
    needs,
    async run(world) {
      const name = await world.topic()
      const producer = world.kafka.producer({ bufferBytes: 100_000, batchBytes: 20_000 })
      const values = texts(300, 'x'.repeat(2000))
      const sent = await producer.sendAll(values.map((value) => ({ topic: name, value: Buffer.from(value) })))
      deepEqual(
        sent.map(({ offset }) => offset),
        values.map((_, n) => n),
      )
      deepEqual(valuesOf(await world.read(name, 300)), values)
    },
  },
  {
    name: 'linger: records of several turns travel together',
    needs,
    async run(world) {
      const name = await world.topic()
      const producer = world.kafka.producer({ lingerMs: 60_000 })
      const sent = []
      for (let n = 0; n < 5; n++) {
        sent.push(producer.send({ topic: name, value: Buffer.from(String(n)) }))
        await new Promise((resolve) => setImmediate(resolve))
      }
      await producer.flush()
      equal((await Promise.all(sent)).at(-1).offset, 4)
    },
  },
  {
    name: 'a topic that is not there is made by sending, where the broker does that',
    needs,
    async run(world) {
      const name = world.name('auto')
      const { offset } = await world.kafka.producer().send({ topic: name, value: Buffer.from('x') })
      equal(offset, 0)
    },
  },
  {
    name: 'a topic whose name is none is refused, and a signal ends the waiting',
    needs,
    async run(world) {
      const producer = world.kafka.producer({ maxBlockMs: 3000 })
      await rejects(producer.send({ topic: 'not a name!', value: null }), { code: 'INVALID_TOPIC_EXCEPTION' })
      const name = await world.topic()
      const stop = new AbortController()
      const slow = world.kafka.producer({ lingerMs: 60_000 })
      const waiting = slow.send({ topic: name, value: null }, { signal: stop.signal })
      stop.abort(new Error('enough'))
      await rejects(waiting, { message: 'enough' })
    },
  },
  {
    name: 'a closed producer has sent what it held, and takes nothing more',
    needs,
    async run(world) {
      const name = await world.topic()
      const producer = world.kafka.producer({ lingerMs: 60_000 })
      const sent = producer.send({ topic: name, value: Buffer.from('held') })
      await world.until('the topic is known', () => new Promise((resolve) => setImmediate(() => resolve(true))))
      await producer.close()
      equal((await sent).offset, 0)
      await rejects(producer.send({ topic: name, value: null }), { code: 'CLOSED' })
    },
  },
  {
    name: 'partitions that are added later are used',
    needs: { ...needs, CreatePartitions: 0 },
    async run(world) {
      const name = await world.topic()
      const producer = world.client({ metadataMaxAgeMs: 200 }).producer()
      equal((await producer.send({ topic: name, key: Buffer.from('k'), value: null })).partition, 0)
      unwrap((await world.admin.createPartitions([{ topic: name, totalCount: 5 }])).get(name))
      await world.until('another partition is written to', async () => {
        const sent = await producer.sendAll(
          texts(20).map((key) => ({ topic: name, key: Buffer.from(key), value: null })),
        )
        return sent.some(({ partition }) => partition > 0)
      })
    },
  },
  {
    name: 'a topic that is made anew under its name is written to',
    needs: { ...needs, DeleteTopics: 0 },
    async run(world) {
      const name = await world.topic()
      const producer = world.kafka.producer()
      await producer.sendAll(texts(10).map((value) => ({ topic: name, value: Buffer.from(value) })))
      unwrap((await world.admin.deleteTopics({ names: [name] })).get(name))
      await world.until('the topic can be made again', async () => {
        const [created] = (await world.admin.createTopics([{ name, partitionCount: 1, replicationFactor: 1 }])).values()
        return created.kind === 'done'
      })
      // For a while a broker may still take records for the one before.
      await world.until('a record is in the new topic', async () => {
        const { offset } = await producer.send({ topic: name, value: Buffer.from('new') })
        const [end] = (await world.admin.listOffsets([{ topic: name, partition: 0, timestamp: -1 }])).values()
        return offset < 10 && end.kind === 'done' && end.value.offset === offset + 1
      })
    },
  },
  {
    name: 'order and once hold through a restart of the broker',
    needs: idempotence,
    restarts: true,
    async run(world) {
      const name = await world.topic({ partitions: 2 })
      const producer = world.kafka.producer({ batchBytes: 4096 })
      const all = []
      const send = async (count) => {
        for (let n = 0; n < count; n++) {
          all.push(producer.send({ topic: name, partition: all.length % 2, value: Buffer.from(String(all.length)) }))
          if (n % 50 === 49) await Promise.race([all.at(-1), new Promise((resolve) => setTimeout(resolve, 20))])
        }
      }
      await send(1000)
      const [restarted] = await Promise.all([world.restart(), send(2000)])
      equal(restarted, undefined)
      await send(500)
      await Promise.all(all)
      const read = await world.read(name, all.length)
      for (const partition of [0, 1]) {
        const ofPartition = read.filter((record) => record.partition === partition).map(({ value }) => Number(value))
        deepEqual(
          ofPartition,
          Array.from({ length: all.length / 2 }, (_, n) => 2 * n + partition),
        )
      }
    },
  },
  {
    name: 'without idempotence nothing that was acknowledged is lost by a restart of the broker',
    needs,
    restarts: true,
    async run(world) {
      const name = await world.topic()
      const producer = world.kafka.producer({ isIdempotent: false, batchBytes: 2048 })
      const send = (from) =>
        producer.sendAll(texts(500, `${from}-`).map((value) => ({ topic: name, value: Buffer.from(value) })))
      await send('before')
      const [, during] = await Promise.all([world.restart(), send('during')])
      equal(during.length, 500)
      await send('after')
      const consumer = world.kafka.consumer({ autoOffsetReset: 'earliest' })
      consumer.assign([{ topic: name, partition: 0 }])
      const read = await world.pollUntil([consumer], 'the last record', (records) =>
        records.some(({ value }) => value.toString() === 'after-499'),
      )
      const seen = new Set(valuesOf(read))
      for (const from of ['before', 'during', 'after']) {
        for (const value of texts(500, `${from}-`)) ok(seen.has(value), value)
      }
    },
  },
]
