import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import { stringCodec } from '../../codec/codecs.ts'
import type { Consumer } from '../../consumer/consumer.ts'
import { isBrokerError, KafkaError } from '../../errors.ts'
import { Kafka } from '../../kafka.ts'
import { topic } from '../../topic.ts'

const [words, input, output] = ['words', 'in', 'out'].map((name) =>
  topic(name, { key: stringCodec, value: stringCodec }),
) as [Topic, Topic, Topic]
type Topic = ReturnType<typeof topic<string, string>>

async function world(body: (kafka: Kafka) => Promise<void>): Promise<void> {
  await using broker = await createBroker({ settings: { 'transaction.state.log.num.partitions': '1' } })
  const kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  try {
    await body(kafka)
  } finally {
    await kafka.close()
  }
}

function reader(kafka: Kafka, name: string): Consumer<Buffer, string> {
  const consumer = kafka.consumer({ value: stringCodec, isolationLevel: 'read_committed', autoOffsetReset: 'earliest' })
  consumer.assign([{ topic: name, partition: 0 }])
  return consumer
}

/** What a reader of committed records sees, up to and with the given value. */
async function valuesUpTo(kafka: Kafka, name: string, last: string): Promise<string[]> {
  const values: string[] = []
  await using consumer = reader(kafka, name)
  for await (const { value } of consumer) {
    values.push(value!)
    if (value === last) break
  }
  return values
}

test('what a transaction wrote is seen when its body returned, and never when it threw', () =>
  world(async (kafka) => {
    const producer = kafka.transactionalProducer({ transactionalId: 't' })
    await producer.transaction(async (transaction) => {
      void transaction.send({ topic: words, value: 'a' })
      await transaction.send({ topic: words, value: 'b' })
    })
    const aborted = producer.transaction(async (transaction) => {
      await transaction.send({ topic: words, value: 'never' })
      throw new Error('changed my mind')
    })
    await rejects(aborted, /changed my mind/)
    const result = await producer.transaction(async (transaction) => {
      const { offset } = await transaction.send({ topic: words, value: 'c' })
      return offset
    })
    deepEqual(await valuesUpTo(kafka, 'words', 'c'), ['a', 'b', 'c'])
    // Two markers and a record that was aborted lie between.
    equal(result, 5)
  }))

test('a transaction without a record or an offset leaves no trace', () =>
  world(async (kafka) => {
    const producer = kafka.transactionalProducer({ transactionalId: 't' })
    equal(await producer.transaction(async () => 7), 7)
    await producer.transaction(async (transaction) => transaction.send({ topic: words, value: 'a' }))
    deepEqual(await valuesUpTo(kafka, 'words', 'a'), ['a'])
  }))

test('offsets of a consumer count when the transaction commits, and not when it aborts', () =>
  world(async (kafka) => {
    await kafka.producer().sendAll(['a', 'b', 'c'].map((value) => ({ topic: input, value })))
    const consumer = kafka.consumer({
      groupId: 'g',
      autoCommit: false,
      autoOffsetReset: 'earliest',
      value: stringCodec,
    })
    consumer.subscribe(['in'])
    const producer = kafka.transactionalProducer({ transactionalId: 't' })
    const seen: (string | null)[] = []
    const copy = (fails: 'fails' | 'succeeds') =>
      producer.transaction(async (transaction) => {
        for (const { value } of await consumer.poll({ timeoutMs: 10_000, maxRecords: 1 })) {
          seen.push(value)
          void transaction.send({ topic: output, value })
        }
        await transaction.sendOffsets(consumer)
        if (fails === 'fails') throw new Error('no')
      })
    const committed = async () => (await kafka.admin().listGroupOffsets('g')).map(({ offset }) => offset)
    await copy('succeeds')
    deepEqual(await committed(), [1])
    await rejects(copy('fails'), /no/)
    deepEqual(await committed(), [1])
    consumer.seekTo({ topic: 'in', partition: 0 }, 'committed')
    await copy('succeeds')
    await copy('succeeds')
    deepEqual(await committed(), [3])
    deepEqual(seen, ['a', 'b', 'b', 'c'])
    deepEqual(await valuesUpTo(kafka, 'out', 'c'), ['a', 'b', 'c'])
  }))

test('the next holder of a transactional id fences the one before, for good', () =>
  world(async (kafka) => {
    const [first, second] = [1, 2].map(() => kafka.transactionalProducer({ transactionalId: 't' }))
    const write = (producer: typeof first, value: string) =>
      producer!.transaction(async (transaction) => transaction.send({ topic: words, value }))
    await write(first, 'a')
    await write(second, 'b')
    const isFenced = (error: unknown) => isBrokerError(error, 90)
    await rejects(write(first, 'zombie'), isFenced)
    await rejects(write(first, 'zombie'), isFenced)
    await write(second, 'c')
    deepEqual(await valuesUpTo(kafka, 'words', 'c'), ['a', 'b', 'c'])
  }))

test('what a former holder left open is aborted when the next one begins', () =>
  world(async (kafka) => {
    const first = kafka.transactionalProducer({ transactionalId: 't' })
    let goOn = () => {}
    const isOpen = new Promise<void>((resolve) => {
      void first
        .transaction(async (transaction) => {
          await transaction.send({ topic: words, value: 'left open' })
          resolve()
          await new Promise<void>((end) => {
            goOn = end
          })
        })
        .catch(() => {})
    })
    await isOpen
    const second = kafka.transactionalProducer({ transactionalId: 't' })
    await second.transaction(async (transaction) => transaction.send({ topic: words, value: 'new' }))
    goOn()
    deepEqual(await valuesUpTo(kafka, 'words', 'new'), ['new'])
  }))

test('transactions of one producer follow each other, whoever asks', () =>
  world(async (kafka) => {
    const producer = kafka.transactionalProducer({ transactionalId: 't' })
    let open = 0
    await Promise.all(
      Array.from({ length: 5 }, (_, n) =>
        producer.transaction(async (transaction) => {
          equal(open, 0)
          open += 1
          await transaction.send({ topic: words, value: String(n) })
          open -= 1
        }),
      ),
    )
    deepEqual(await valuesUpTo(kafka, 'words', '4'), ['0', '1', '2', '3', '4'])
  }))

test('a record that cannot be written breaks the transaction, even if nobody waited for it', () =>
  world(async (kafka) => {
    const producer = kafka.transactionalProducer({ transactionalId: 't' })
    const broken = producer.transaction(async (transaction) => {
      void transaction.send({ topic: words, value: 'never' })
      void transaction.send({ topic: topic('no such topic!', { key: stringCodec, value: stringCodec }), value: 'x' })
    })
    await rejects(broken, KafkaError)
    await producer.transaction(async (transaction) => transaction.send({ topic: words, value: 'a' }))
    deepEqual(await valuesUpTo(kafka, 'words', 'a'), ['a'])
  }))

test('a transaction that is over takes nothing more', () =>
  world(async (kafka) => {
    const producer = kafka.transactionalProducer({ transactionalId: 't' })
    const kept = await producer.transaction(async (transaction) => transaction)
    await rejects(kept.send({ topic: words, value: 'late' }), { code: 'NO_TRANSACTION' })
  }))
