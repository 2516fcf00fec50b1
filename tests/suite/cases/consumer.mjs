/** Reading records of partitions: positions, offsets, pauses, and what the log does meanwhile. */
import { deepEqual, equal, ok, rejects, throws } from 'node:assert/strict'
import { OffsetMark, partitionKey, stringCodec, unwrap } from '@ottla/client'
import { NEEDS } from '../support/needs.mjs'
import { texts, valuesOf } from '../support/world.mjs'

const { records: needs, classicGroup } = NEEDS
const lookups = { ...needs, ListOffsets: 1 }

const found = (outcomes, topic, partition = 0) => unwrap(outcomes.get(partitionKey(topic, partition)))

export default [
  {
    name: 'partitions are assigned by hand, each from where it should begin',
    needs: lookups,
    async run(world) {
      const topic = await world.topic({ partitions: 3 })
      for (const partition of [0, 1, 2]) await world.fill(topic, texts(10, `${partition}-`), { partition })
      const consumer = world.kafka.consumer()
      consumer.assign([
        { topic, partition: 0, from: 'earliest' },
        { topic, partition: 1, from: 7 },
        { topic, partition: 2, from: 'latest' },
      ])
      const seen = await world.take(consumer, 13)
      deepEqual(valuesOf(seen.filter(({ partition }) => partition === 0)), texts(10, '0-'))
      deepEqual(valuesOf(seen.filter(({ partition }) => partition === 1)), texts(10, '1-').slice(7))
      await consumer.position({ topic, partition: 2 })
      await world.fill(topic, ['new'], { partition: 2 })
      deepEqual(valuesOf(await world.take(consumer, 1)), ['new'])
      consumer.assign([{ topic, partition: 0 }])
      deepEqual(consumer.assignment, [{ topic, partition: 0 }])
      equal(await consumer.position({ topic, partition: 0 }), 10, 'it goes on where it stood')
    },
  },
  {
    name: 'seek goes anywhere, back and forth, whatever is buffered',
    needs: lookups,
    async run(world) {
      const topic = await world.topic()
      await world.fill(topic, texts(100))
      const partition = { topic, partition: 0 }
      const consumer = world.kafka.consumer({ maxPollRecords: 10 })
      consumer.assign([{ ...partition, from: 'earliest' }])
      deepEqual(valuesOf(await world.take(consumer, 10)), texts(10))
      consumer.seek(partition, 50)
      equal(await consumer.position(partition), 50)
      deepEqual(valuesOf(await world.take(consumer, 10)), texts(60).slice(50))
      consumer.seek(partition, 5)
      deepEqual(valuesOf(await world.take(consumer, 10)), texts(15).slice(5))
      consumer.seekTo(partition, 'latest')
      equal(await consumer.position(partition), 100)
      consumer.seekTo(partition, 'earliest')
      deepEqual(valuesOf(await world.take(consumer, 10)), texts(10))
      throws(() => consumer.seek(partition, -1), { code: 'INVALID_ARGUMENT' })
      throws(() => consumer.seek({ topic, partition: 1 }, 0), { code: 'INVALID_ARGUMENT' })
    },
  },
  {
    name: 'a paused partition gives nothing, the others do; resumed it goes on where it was',
    needs: lookups,
    async run(world) {
      const topic = await world.topic({ partitions: 2 })
      const consumer = world.kafka.consumer({ autoOffsetReset: 'earliest' })
      consumer.assign([0, 1].map((partition) => ({ topic, partition })))
      await world.fill(topic, ['a'], { partition: 0 })
      deepEqual(valuesOf(await world.take(consumer, 1)), ['a'])
      consumer.pause([{ topic, partition: 0 }])
      await world.fill(topic, ['b'], { partition: 0 })
      await world.fill(topic, ['c'], { partition: 1 })
      deepEqual(valuesOf(await world.take(consumer, 1)), ['c'])
      deepEqual(valuesOf(await consumer.poll({ timeoutMs: 300 })), [])
      consumer.resume()
      deepEqual(valuesOf(await world.take(consumer, 1)), ['b'])
    },
  },
  {
    name: 'offsets are found by time, and by every mark that needs no remote storage',
    needs: lookups,
    async run(world) {
      const topic = await world.topic()
      const base = 1_700_000_000_000
      const producer = world.kafka.producer()
      for (const at of [0, 30, 10, 20]) await producer.send({ topic, value: null, timestamp: base + at })
      const find = async (timestamp) =>
        found(await world.admin.listOffsets([{ topic, partition: 0, timestamp }]), topic)
      deepEqual([(await find(base)).offset, (await find(base)).timestamp], [0, base])
      deepEqual([(await find(base + 1)).offset, (await find(base + 15)).offset], [1, 1])
      equal((await find(base + 31)).offset, -1)
      equal((await find(OffsetMark.earliest)).offset, 0)
      equal((await find(OffsetMark.latest)).offset, 4)
    },
  },
  {
    name: 'a consumer goes back to a time, and asks for beginnings, ends and times itself',
    needs: lookups,
    async run(world) {
      const topic = await world.topic({ partitions: 2 })
      const base = 1_700_000_000_000
      const producer = world.kafka.producer()
      for (let n = 0; n < 10; n++) {
        const [partition, value] = [n % 2, Buffer.from(`${n}`)]
        await producer.send({ topic, partition, value, timestamp: base + n * 1000 })
      }
      const consumer = world.kafka.consumer({ autoOffsetReset: 'earliest' })
      const partitions = [0, 1].map((partition) => ({ topic, partition }))
      consumer.assign(partitions)
      await world.take(consumer, 10)
      const moved = await consumer.seekToTimestamp(new Date(base + 5000))
      deepEqual(moved.map(({ partition, offset }) => [partition, offset]).sort(), [
        [0, 3],
        [1, 2],
      ])
      deepEqual(valuesOf(await world.take(consumer, 5)).sort(), ['5', '6', '7', '8', '9'])
      await consumer.seekToTimestamp(base + 60_000)
      equal(await consumer.position(partitions[0]), 5, 'where nothing is that new it goes to the end')
      const offsetsOf = (found) => found.map(({ offset }) => offset)
      deepEqual(offsetsOf(await consumer.beginningOffsets()), [0, 0])
      deepEqual(offsetsOf(await consumer.endOffsets()), [5, 5])
      const times = partitions.map((partition) => ({ ...partition, timestamp: base + 8001 }))
      deepEqual(
        (await consumer.offsetsForTimes(times)).map(({ partition, offset }) => [partition, offset]),
        [[1, 4]],
      )
    },
  },
  {
    name: 'health tells what a consumer does, and events what happens to it',
    needs: { ...lookups, ...classicGroup },
    async run(world) {
      const topic = await world.topic()
      const consumer = world.kafka.consumer({ groupId: world.name('g'), autoOffsetReset: 'earliest' })
      equal(consumer.health().state, 'idle')
      const events = []
      consumer.on('assigned', ({ partitions }) => void events.push(['assigned', partitions.length]))
      consumer.on('committed', ({ offsets }) => void events.push(['committed', offsets[0].offset]))
      consumer.subscribe([topic])
      await world.fill(topic, texts(3))
      await world.take(consumer, 3)
      const { state, isHealthy, totalLag, sinceLastFetchMs } = consumer.health()
      deepEqual([state, isHealthy, totalLag], ['running', true, 0])
      ok(sinceLastFetchMs < 10_000)
      await consumer.commit()
      deepEqual(events, [
        ['assigned', 1],
        ['committed', 3],
      ])
      await consumer.close()
      equal(consumer.health().state, 'closed')
    },
  },
  {
    name: 'the record with the highest timestamp is found',
    needs: { ...lookups, ListOffsets: 7 },
    async run(world) {
      const topic = await world.topic()
      const base = 1_700_000_000_000
      const producer = world.kafka.producer()
      for (const at of [0, 30, 10]) await producer.send({ topic, value: null, timestamp: base + at })
      const query = { topic, partition: 0, timestamp: OffsetMark.maxTimestamp }
      const result = found(await world.admin.listOffsets([query]), topic)
      deepEqual([result.offset, result.timestamp], [1, base + 30])
    },
  },
  {
    name: 'what the broker cannot look up fails for that partition alone, and what is not there says so',
    needs: lookups,
    async run(world) {
      const topic = await world.topic()
      const queries = [topic, world.name('missing')].map((name) => ({ topic: name, partition: 0, timestamp: -1 }))
      const results = await world.admin.listOffsets(queries, { timeoutMs: 4000 })
      equal(found(results, topic).offset, 0)
      const missing = results.get(partitionKey(queries[1].topic, 0))
      equal(missing.kind, 'failed')
      equal(missing.error.topic, queries[1].topic)
    },
  },
  {
    name: 'lag counts what is left',
    needs: lookups,
    async run(world) {
      const topic = await world.topic()
      await world.fill(topic, texts(10))
      const consumer = world.kafka.consumer({ maxPollRecords: 4, autoOffsetReset: 'earliest' })
      consumer.assign([{ topic, partition: 0 }])
      await world.take(consumer, 4)
      deepEqual(consumer.lag(), [{ topic, partition: 0, position: 4, endOffset: 10, lag: 6 }])
    },
  },
  {
    name: 'without a position, policy none says so',
    needs: lookups,
    async run(world) {
      const topic = await world.topic()
      const consumer = world.kafka.consumer({ autoOffsetReset: 'none' })
      consumer.assign([{ topic, partition: 0 }])
      await rejects(world.take(consumer, 1), { code: 'NO_OFFSET', topic, partition: 0 })
    },
  },
  {
    name: 'a position whose records are deleted goes on as the policy says',
    needs: { ...lookups, DeleteRecords: 0 },
    async run(world) {
      const topic = await world.topic()
      await world.fill(topic, texts(20))
      unwrap([...(await world.admin.deleteRecords([{ topic, partition: 0, beforeOffset: 15 }])).values()][0])
      const from = (autoOffsetReset) => {
        const consumer = world.kafka.consumer({ autoOffsetReset })
        consumer.assign([{ topic, partition: 0, from: 3 }])
        return consumer
      }
      deepEqual(valuesOf(await world.take(from('earliest'), 5)), texts(20).slice(15))
      const latest = from('latest')
      await world.pollUntil(
        [latest],
        'it is at the end',
        async () => (await latest.position({ topic, partition: 0 })) === 20,
      )
      await rejects(world.take(from('none'), 1), { code: 'NO_OFFSET' })
    },
  },
  {
    name: 'a record larger than the fetch sizes comes nevertheless',
    needs: lookups,
    async run(world) {
      const topic = await world.topic({ partitions: 2 })
      await world.fill(topic, ['x'.repeat(200_000), 'y'], { partition: 0 })
      await world.fill(topic, texts(100), { partition: 1 })
      const sizes = { fetchMaxBytes: 1000, maxPartitionFetchBytes: 1000, fetchMinBytes: 1 }
      const read = await world.read(topic, 102, sizes)
      equal(read.filter(({ partition }) => partition === 0)[0].value.length, 200_000)
    },
  },
  {
    name: 'many partitions and many records: each once, in order',
    needs: lookups,
    async run(world) {
      const topic = await world.topic({ partitions: 12 })
      const producer = world.kafka.producer({ compression: 'lz4' })
      const count = 12_000
      await producer.sendAll(
        Array.from({ length: count }, (_, n) => ({ topic, partition: n % 12, value: Buffer.from(String(n)) })),
      )
      const next = new Array(12).fill(0)
      for (const { partition, offset, value } of await world.read(topic, count)) {
        equal(offset, next[partition]++)
        equal(Number(value), offset * 12 + partition)
      }
    },
  },
  {
    name: 'records that are kept stay what they were, whatever is read after them',
    needs: lookups,
    async run(world) {
      const topic = await world.topic()
      const sizes = [0, 1, 100, 1000, 5000, 70_000, 300_000]
      const count = 700
      const bytesOf = (n) => Buffer.alloc(sizes[n % sizes.length], `${n},`)
      for (const [at, compression] of ['none', 'lz4', 'gzip', 'snappy'].entries()) {
        const producer = world.kafka.producer({ compression })
        const numbers = Array.from({ length: count / 4 }, (_, n) => at * (count / 4) + n)
        const header = (n) => [{ key: 'n', value: `header ${n}` }]
        await producer.sendAll(
          numbers.map((n) => ({ topic, key: Buffer.from(`key ${n}`), value: bytesOf(n), headers: header(n) })),
        )
        await producer.close()
      }
      const kept = await world.read(topic, count, { maxPollRecords: 7, maxPartitionFetchBytes: 200_000 })
      await world.read(topic, count)
      for (const { offset, key, value, headers } of kept) {
        equal(key.toString(), `key ${offset}`)
        ok(value.equals(bytesOf(offset)), `record ${offset}`)
        equal(headers[0].value.toString(), `header ${offset}`)
      }
    },
  },
  {
    name: 'the iteration counts a record as done when the next is asked for, and ends by its signal',
    needs: { ...lookups, ...classicGroup },
    async run(world) {
      const topic = await world.topic()
      await world.fill(topic, texts(5))
      const groupId = world.name('g')
      const consumer = world.kafka.consumer({ groupId, autoOffsetReset: 'earliest', value: stringCodec })
      consumer.subscribe([topic])
      const seen = []
      for await (const { value } of consumer) {
        seen.push(value)
        if (seen.length === 3) break
      }
      await consumer.close()
      deepEqual(seen, texts(3))
      const [committed] = await world.admin.listGroupOffsets(groupId)
      equal(committed.offset, 2)
      const again = world.kafka.consumer({ groupId, autoOffsetReset: 'earliest', value: stringCodec })
      again.subscribe([topic])
      const stop = new AbortController()
      for await (const { value } of again.stream({ signal: stop.signal })) {
        seen.push(value)
        if (value === '4') stop.abort()
      }
      deepEqual(seen.slice(3), ['2', '3', '4'])
    },
  },
  {
    name: 'commits by hand, with a text and an epoch, are what the next one begins with',
    needs: { ...lookups, ...classicGroup },
    async run(world) {
      const topic = await world.topic({ partitions: 2 })
      for (const partition of [0, 1]) await world.fill(topic, texts(10), { partition })
      const groupId = world.name('g')
      const options = { groupId, autoCommit: false, autoOffsetReset: 'earliest' }
      const first = world.kafka.consumer(options)
      first.subscribe([topic])
      await world.take(first, 20)
      deepEqual(await first.committed([{ topic, partition: 0 }]), [])
      await first.commit([{ topic, partition: 0, offset: 4, metadata: 'four' }])
      const [committed] = await first.committed()
      deepEqual([committed.partition, committed.offset, committed.metadata], [0, 4, 'four'])
      await first.close()
      const second = world.kafka.consumer(options)
      second.subscribe([topic])
      const read = await world.take(second, 16)
      equal(read.filter(({ partition }) => partition === 0)[0].offset, 4)
      const both = [second.commit(), second.commit()]
      await Promise.all(both)
      second.seekTo({ topic, partition: 1 }, 'committed')
      equal(await second.position({ topic, partition: 1 }), 10)
      await second.close()
    },
  },
  {
    name: 'commits happen by themselves: with the time, and at the end',
    needs: { ...lookups, ...classicGroup },
    async run(world) {
      const topic = await world.topic()
      await world.fill(topic, texts(10))
      const groupId = world.name('g')
      const consumer = world.kafka.consumer({
        groupId,
        autoOffsetReset: 'earliest',
        autoCommitIntervalMs: 100,
        maxPollRecords: 5,
      })
      consumer.subscribe([topic])
      await world.take(consumer, 5)
      await world.pollUntil(
        [consumer],
        'a commit',
        async () => (await world.admin.listGroupOffsets(groupId))[0]?.offset > 0,
      )
      const records = await world.fill(topic, ['last'])
      await world.pollUntil([consumer], 'the last', (read) => read.some(({ offset }) => offset === records[0].offset))
      await consumer.close()
      equal((await world.admin.listGroupOffsets(groupId))[0].offset, 11)
    },
  },
  {
    name: 'offsets of a group without members are committed by one who assigned its partitions',
    needs: { ...lookups, ...classicGroup },
    async run(world) {
      const topic = await world.topic()
      await world.fill(topic, texts(3))
      const groupId = world.name('g')
      const consumer = world.kafka.consumer({ groupId, autoCommit: false, autoOffsetReset: 'earliest' })
      consumer.assign([{ topic, partition: 0 }])
      await world.take(consumer, 3)
      await consumer.commit()
      equal((await consumer.committed())[0].offset, 3)
    },
  },
  {
    name: 'a value that no codec can read stops the reader with its place, and a seek gets past it',
    needs: lookups,
    async run(world) {
      const topic = await world.topic()
      await world.fill(topic, ['good', 'bad', 'good'])
      const value = {
        ...stringCodec,
        decode(bytes) {
          if (bytes.toString() === 'bad') throw new Error('unreadable')
          return bytes.toString()
        },
      }
      const consumer = world.kafka.consumer({ autoOffsetReset: 'earliest', value })
      consumer.assign([{ topic, partition: 0 }])
      const seen = []
      const readOn = async () => {
        for (;;) seen.push(...(await consumer.poll({ timeoutMs: 1000 })))
      }
      const failure = await readOn().catch((error) => error)
      deepEqual([failure.code, failure.topic, failure.partition], ['CODEC_FAILED', topic, 0])
      consumer.seek({ topic, partition: 0 }, 2)
      deepEqual(valuesOf(await world.take(consumer, 1)), ['good'])
      ok(seen.length <= 1)
    },
  },
  {
    name: 'topics and partitions are listed',
    needs: { ...needs, Metadata: 4 },
    async run(world) {
      const topic = await world.topic({ partitions: 3 })
      const consumer = world.kafka.consumer()
      ok((await consumer.listTopics()).includes(topic))
      deepEqual(
        await consumer.partitionsFor(topic),
        [0, 1, 2].map((partition) => ({ topic, partition })),
      )
    },
  },
  {
    name: 'a poll ends by its signal, and a closed consumer says so',
    needs: lookups,
    async run(world) {
      const topic = await world.topic()
      const consumer = world.kafka.consumer()
      consumer.assign([{ topic, partition: 0 }])
      const stop = new AbortController()
      const waiting = consumer.poll({ timeoutMs: 60_000, signal: stop.signal })
      stop.abort(new Error('enough'))
      await rejects(waiting, { message: 'enough' })
      await consumer.close()
      await rejects(consumer.poll(), { code: 'CLOSED' })
    },
  },
  {
    name: 'a topic that is deleted leaves the others to be read',
    needs: { ...lookups, DeleteTopics: 0 },
    async run(world) {
      const [gone, kept] = [await world.topic(), await world.topic()]
      await world.fill(gone, ['x'])
      await world.fill(kept, ['a'])
      const kafka = world.client({ metadataMaxAgeMs: 300 })
      const consumer = kafka.consumer({ autoOffsetReset: 'earliest' })
      consumer.assign([gone, kept].map((topic) => ({ topic, partition: 0 })))
      await world.take(consumer, 2)
      unwrap((await world.admin.deleteTopics({ names: [gone] })).get(gone))
      await world.fill(kept, ['b'])
      deepEqual(valuesOf(await world.take(consumer, 1)), ['b'])
    },
  },
  {
    name: 'reading goes on after a restart of the broker',
    needs: lookups,
    restarts: true,
    async run(world) {
      const topic = await world.topic()
      await world.fill(topic, texts(100))
      const consumer = world.kafka.consumer({ autoOffsetReset: 'earliest' })
      consumer.assign([{ topic, partition: 0 }])
      deepEqual(valuesOf(await world.take(consumer, 100)), texts(100))
      const rest = world.take(consumer, 100, 60_000)
      await world.restart()
      await world.fill(topic, texts(100, 'after-'))
      deepEqual(valuesOf(await rest), texts(100, 'after-'))
    },
  },
]
