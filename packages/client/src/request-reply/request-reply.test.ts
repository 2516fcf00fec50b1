import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { createBroker } from '@ottla/testkit'
import { jsonCodec, stringCodec } from '../codec/codecs.ts'
import { ClosedError, CodecError, TimeoutError } from '../errors.ts'
import { Kafka } from '../kafka.ts'
import { topic } from '../topic.ts'
import { ReplyError } from './reply-error.ts'
import { CORRELATION_ID, lastHeader, REPLY_PARTITION, REPLY_TOPIC, replyPartitionOf } from './reply-headers.ts'

const questions = topic('questions', { key: stringCodec, value: jsonCodec<{ n: number }>() })
const answers = topic('answers', { value: jsonCodec<{ square: number }>() })
const options = { groupId: 'squares', reply: answers.value, consumer: { groupProtocol: 'classic' as const } }

async function world(body: (kafka: Kafka) => Promise<void>): Promise<void> {
  await using broker = await createBroker({ settings: { 'num.partitions': '3' } })
  await using kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  await body(kafka)
}

/** Resolves by hand. */
class Gate {
  open = () => {}
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve
  })
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

const squareOf = ({ value }: { value: { n: number } | null }) => ({ square: value!.n ** 2 })

test('each of many requests under way gets its own reply, typed by the codecs', () =>
  world(async (kafka) => {
    kafka.serve(questions, squareOf, options)
    const requester = kafka.requester({ replyTopic: answers })
    const replies = await Promise.all(
      Array.from({ length: 500 }, (_, n) => requester.request(questions, { key: `${n}`, value: { n } })),
    )
    deepEqual(
      replies.map(({ value }) => value!.square),
      Array.from({ length: 500 }, (_, n) => n ** 2),
    )
    equal(requester.waiting, 0)
  }))

test('requesters that share a reply topic do not take the replies of each other, whichever partitions they read', () =>
  world(async (kafka) => {
    kafka.serve(questions, squareOf, options)
    const requesters = (['all', 'any', 0, 0, 2] as const).map((partition) =>
      kafka.requester({ replyTopic: answers, partition }),
    )
    const all = requesters.flatMap((requester, at) =>
      Array.from({ length: 50 }, async (_, index) => {
        const n = at * 50 + index
        equal((await requester.request(questions, { value: { n } })).value!.square, n ** 2)
      }),
    )
    await Promise.all(all)
    deepEqual(
      requesters.map(({ lateReplies }) => lateReplies),
      [0, 0, 0, 0, 0],
    )
  }))

test('race: a reply that is there before the requester has read anything is not missed', () =>
  world(async (kafka) => {
    kafka.serve(questions, squareOf, { ...options, concurrency: 1 })
    await kafka.requester({ replyTopic: answers }).request(questions, { value: { n: 1 } })
    for (let n = 0; n < 20; n += 1) {
      await using requester = kafka.requester({ replyTopic: answers, timeoutMs: 30_000 })
      equal((await requester.request(questions, { value: { n } })).value!.square, n ** 2)
    }
  }))

test('race: a partition of the reply topic that is added later is read from its first record', () =>
  world(async (kafka) => {
    const admin = kafka.admin()
    await admin.createTopics([{ name: 'answers', partitionCount: 1 }])
    const requester = kafka.requester({ replyTopic: answers, partition: 'all', timeoutMs: 20_000 })
    await requester.open()
    await admin.createPartitions([{ topic: 'answers', totalCount: 2 }])
    const echo = kafka.consumer({ groupId: 'echo', autoOffsetReset: 'earliest' })
    echo.subscribe(['questions'])
    const producer = kafka.producer()
    const running = echo.run(async ({ headers }) => {
      const value = answers.value.encode({ square: 4 })
      await producer.send({ topic: 'answers', partition: 1, value, headers })
    })
    const reply = requester.request(questions, { value: { n: 2 } })
    // What the age of metadata does in the end.
    while ((await echo.partitionsFor('answers')).length < 2);
    equal((await reply).partition, 1)
    await echo.close()
    await running
  }))

test('a request without a reply in time is rejected; its reply is counted as late and goes nowhere', () =>
  world(async (kafka) => {
    const gate = new Gate()
    let held = 0
    const slow = async (request: { value: { n: number } | null }) => {
      if (request.value!.n === 1) {
        held += 1
        await gate.opened
      }
      return squareOf(request)
    }
    kafka.serve(questions, slow, options)
    const requester = kafka.requester({ replyTopic: answers })
    equal((await requester.request(questions, { value: { n: 2 } })).value!.square, 4)
    // On a busy machine a request may run out of time before it has left; then nothing comes back.
    while (held === 0) {
      const late = requester.request(questions, { value: { n: 1 } }, { timeoutMs: 50 })
      await rejects(late, (error) => error instanceof TimeoutError && error.topic === 'questions')
    }
    equal((await requester.request(questions, { value: { n: 2 } })).value!.square, 4)
    equal(requester.lateReplies, 0)
    gate.open()
    await until(() => requester.lateReplies > 0 && requester.lateReplies === held)
  }))

test('a request that is aborted is rejected with the reason; one whose signal has aborted never leaves', () =>
  world(async (kafka) => {
    const seen: number[] = []
    const gate = new Gate()
    const hold = async (request: { value: { n: number } | null }) => {
      seen.push(request.value!.n)
      await gate.opened
      return squareOf(request)
    }
    kafka.serve(questions, hold, options)
    const requester = kafka.requester({ replyTopic: answers })
    const abort = new AbortController()
    const aborted = requester.request(questions, { value: { n: 1 } }, { signal: abort.signal })
    aborted.catch(() => {})
    await until(() => seen.length === 1)
    abort.abort(new Error('enough'))
    await rejects(aborted, /enough/)
    await rejects(requester.request(questions, { value: { n: 2 } }, { signal: abort.signal }), /enough/)
    gate.open()
    await until(() => requester.lateReplies === 1)
    deepEqual(seen, [1])
  }))

test('what the handler throws comes back as a ReplyError, and a request that cannot be decoded too; the server goes on', () =>
  world(async (kafka) => {
    const server = kafka.serve(
      questions,
      ({ value }, { headers }) => {
        headers.push({ key: 'served-by', value: Buffer.from('me') })
        if (value!.n < 0) throw new RangeError('negative')
        return squareOf({ value })
      },
      options,
    )
    const requester = kafka.requester({ replyTopic: answers })
    await rejects(requester.request(questions, { value: { n: -1 } }), (error) => {
      ok(error instanceof ReplyError)
      deepEqual([error.code, error.remoteName, error.message], ['REPLY_FAILED', 'RangeError', 'negative'])
      equal(lastHeader(error.headers, 'served-by')!.toString(), 'me')
      return true
    })
    await rejects(requester.request('questions', { value: Buffer.from('{') }), { remoteName: 'CodecError' })
    const { value, headers } = await requester.request(questions, { value: { n: 3 } })
    equal(value!.square, 9)
    equal(lastHeader(headers, 'served-by')!.toString(), 'me')
    equal(server.unanswered, 0)
  }))

test('a reply that cannot be decoded rejects with CodecError; a codec of the call goes before that of the topic', () =>
  world(async (kafka) => {
    kafka.serve(questions, () => 'no JSON', { groupId: 'texts', reply: stringCodec })
    const requester = kafka.requester({ replyTopic: answers })
    await rejects(requester.request(questions, { value: { n: 1 } }), CodecError)
    const { value } = await requester.request(questions, { value: { n: 1 } }, { reply: stringCodec })
    equal(value, 'no JSON')
  }))

test('close rejects those that wait, and what comes after it', () =>
  world(async (kafka) => {
    const requester = kafka.requester({ replyTopic: answers, timeoutMs: Number.POSITIVE_INFINITY })
    await requester.open()
    const waiting = Promise.allSettled([1, 2, 3].map((n) => requester.request(questions, { value: { n } })))
    await requester.close()
    ok((await waiting).every((result) => result.status === 'rejected' && result.reason instanceof ClosedError))
    await rejects(requester.request(questions, { value: { n: 4 } }), ClosedError)
    const opening = kafka.requester({ replyTopic: 'other' })
    const atOnce = opening.request(questions, { value: { n: 1 } })
    await Promise.all([rejects(atOnce, ClosedError), opening.close()])
  }))

test('a server that is closed sends the replies to what it works on; what it has not begun is served by the next', () =>
  world(async (kafka) => {
    const begun: number[] = []
    const gate = new Gate()
    const first = kafka.serve(
      questions,
      async (request) => {
        begun.push(request.value!.n)
        await gate.opened
        return squareOf(request)
      },
      { ...options, concurrency: 2 },
    )
    const requester = kafka.requester({ replyTopic: answers, timeoutMs: 20_000 })
    const requests = Array.from({ length: 10 }, (_, n) => requester.request(questions, { value: { n }, partition: 0 }))
    await until(() => begun.length === 2)
    const closing = first.close()
    gate.open()
    await closing
    const { length } = begun
    const served: number[] = []
    kafka.serve(
      questions,
      (request) => {
        served.push(request.value!.n)
        return squareOf(request)
      },
      options,
    )
    await Promise.all(requests)
    deepEqual(
      [...begun, ...served].sort((a, b) => a - b),
      Array.from({ length: 10 }, (_, n) => n),
    )
    ok(length < 10)
  }))

test('a request is committed when its reply is acknowledged, not before: a server that dies in between leaves it to the next', () =>
  world(async (kafka) => {
    const admin = kafka.admin()
    const committed = async () => (await admin.listGroupOffsets('squares')).reduce((sum, { offset }) => sum + offset, 0)
    kafka.serve(questions, squareOf, { ...options, consumer: { ...options.consumer, autoCommitIntervalMs: 1 } })
    const requester = kafka.requester({ replyTopic: answers })
    let replies = 0
    for (let n = 0; n < 20; n += 1) {
      const reply = requester.request(questions, { value: { n } }).then(() => {
        replies += 1
      })
      ok((await committed()) <= replies + 1)
      await reply
    }
    while ((await committed()) < 20) await requester.request(questions, { value: { n: 0 } })
  }))

test('a request that names no reply topic is served without a reply; one that names a forbidden one is not answered', () =>
  world(async (kafka) => {
    let served = 0
    const count = () => {
      served += 1
      return { square: served }
    }
    const server = kafka.serve(questions, count, { ...options, mayReplyTo: (name) => name === 'answers' })
    await kafka.producer().send({ topic: questions, value: { n: 1 } })
    await until(() => served === 1)
    const forbidden = kafka.requester({ replyTopic: 'secrets' })
    const request = forbidden.request(questions, { value: { n: 2 } }, { timeoutMs: 300 })
    await rejects(request, TimeoutError)
    equal(server.unanswered, 1)
    const allowed = kafka.requester({ replyTopic: answers })
    equal((await allowed.request(questions, { value: { n: 3 } })).value!.square, 3)
  }))

test('requests carry the headers of Spring: sixteen bytes of correlation, the topic as text, the partition as int32', () =>
  world(async (kafka) => {
    await kafka.admin().createTopics([{ name: 'questions', partitionCount: 1 }])
    const requester = kafka.requester({ replyTopic: answers, partition: 2 })
    const headers = { extra: 'yes' }
    const waiting = requester.request(questions, { value: { n: 1 }, headers }, { timeoutMs: 20_000 })
    waiting.catch(() => {})
    const reader = kafka.consumer()
    reader.assign((await reader.partitionsFor('questions')).map((one) => ({ ...one, from: 'earliest' as const })))
    let [record] = await reader.poll({ timeoutMs: 5000 })
    while (record === undefined) [record] = await reader.poll({ timeoutMs: 5000 })
    deepEqual(
      record.headers.map(({ key }) => key),
      ['extra', CORRELATION_ID, REPLY_TOPIC, REPLY_PARTITION],
    )
    equal(lastHeader(record.headers, CORRELATION_ID)!.length, 16)
    equal(lastHeader(record.headers, REPLY_TOPIC)!.toString(), 'answers')
    deepEqual([...lastHeader(record.headers, REPLY_PARTITION)!], [0, 0, 0, 2])
  }))

test('the partition of a reply is read as Spring writes it and as NestJS does', () => {
  const partition = (value: Buffer) => replyPartitionOf([{ key: REPLY_PARTITION, value }])
  equal(partition(Buffer.from([0, 0, 1, 0])), 256)
  equal(partition(Buffer.from('7')), 7)
  equal(partition(Buffer.from('?')), null)
  equal(replyPartitionOf([]), null)
})

test('a partition that the reply topic does not have rejects the request', () =>
  world(async (kafka) => {
    const requester = kafka.requester({ replyTopic: answers, partition: 9 })
    await rejects(requester.request(questions, { value: { n: 1 } }), /3 partitions, none with the number 9/)
  }))
