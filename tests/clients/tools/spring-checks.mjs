/** Requests, replies, retry topics and dead letters beside Spring for Apache Kafka: spring-checks.mjs CLASS_PATH VERSION. */
import { spawn } from 'node:child_process'
import { Kafka, stringCodec, topic } from '../../../packages/client/dist/index.js'
import { expect, reporter } from './report.mjs'

const [classPath, version] = process.argv.slice(2)
const bootstrap = process.env.BOOTSTRAP
const prefix = `${process.env.PREFIX}-sp`
const { run } = reporter('Spring Kafka', version)
const kafka = new Kafka({ bootstrapServers: bootstrap })
const name = (word) => `${prefix}-${word}`
const texts = (word) => topic(name(word), { key: stringCodec, value: stringCodec })

/** Spring's program; `lines` are what it has told. */
class Spring {
  lines = []
  #pending = ''
  #wake = () => {}

  constructor() {
    const options = ['-Xshare:auto', '-XX:TieredStopAtLevel=1', '-Xmx256m']
    const settings = [`-Dbootstrap=${bootstrap}`, `-Dprefix=${prefix}`]
    const words = [...options, ...settings, '-cp', classPath, 'checks.SpringProgram']
    this.child = spawn('java', words, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.child.stdout.on('data', (chunk) => {
      const lines = (this.#pending + chunk).split('\n')
      this.#pending = lines.pop()
      this.lines.push(...lines.map((line) => line.split('\t')))
      this.#wake()
    })
  }

  /** The lines that begin so, when there are so many. */
  async told(words, count = 1, timeoutMs = 30_000) {
    const end = performance.now() + timeoutMs
    for (;;) {
      const found = this.lines.filter((line) => words.every((word, at) => line[at] === word))
      if (found.length >= count) return found
      const leftMs = end - performance.now()
      expect(leftMs > 0, `Spring has not told ${words.join(' ')} ${count} times: ${JSON.stringify(this.lines)}`)
      await new Promise((resolve) => {
        this.#wake = resolve
        setTimeout(resolve, Math.min(leftMs, 500))
      })
    }
  }

  ask(...words) {
    this.child.stdin.write(`${words.join(' ')}\n`)
  }

  async close() {
    this.child.stdin.end()
    if (this.child.exitCode === null) await new Promise((resolve) => this.child.once('exit', resolve))
  }
}

/** The first records of a topic, as bytes. */
async function read(word, count) {
  const reader = kafka.consumer()
  let partitions = []
  while (partitions.length === 0) partitions = await reader.partitionsFor(name(word))
  reader.assign(partitions.map((one) => ({ ...one, from: 'earliest' })))
  const records = []
  const end = performance.now() + 20_000
  while (records.length < count) {
    expect(performance.now() < end, `${word} has ${records.length} records, not ${count}`)
    records.push(...(await reader.poll({ timeoutMs: 500 })))
  }
  await reader.close()
  return records
}

/** Name and form of each header: bytes that differ from run to run are told by their number. */
function forms(record, prefixes) {
  return record.headers
    .filter(({ key }) => prefixes.some((each) => key.startsWith(each)))
    .map(({ key, value }) => {
      if (/-type$|-partition$|attempts$/.test(key)) return `${key} = ${value.toString('hex')}`
      if (/timestamp$|offset$/.test(key)) return `${key}: ${value.length} bytes`
      return `${key}: text`
    })
    .sort()
}

const headerOf = ({ headers }, key) => headers.findLast((header) => header.key === key)?.value
const admin = kafka.admin()
const words = [
  'spring-serves',
  'we-serve',
  'spring-replies',
  'our-replies',
  'source',
  'source-dlt',
  'spring-source',
  'mixed',
]
await admin.createTopics([...words, 'spring-source-dlt'].map((word) => ({ name: name(word), partitionCount: 3 })))
const producer = kafka.producer()
const spring = new Spring()

/** Runs until `isOver` resolves. */
async function failing(source, options, isOver) {
  const consumer = kafka.consumer({ groupId: name(`${source}-group`), autoOffsetReset: 'earliest', value: stringCodec })
  consumer.subscribe([name(source)])
  const stop = new AbortController()
  const handler = ({ value }) => {
    throw new RangeError(`no ${value}`, { cause: new TypeError('inner') })
  }
  const running = consumer.run(handler, { ...options, signal: stop.signal })
  try {
    await Promise.race([running, isOver()])
  } finally {
    stop.abort()
    await running
    await consumer.close()
  }
}

await spring.told(['ready'], 1, 60_000)

await run('@SendTo answers our requests, on the partition that they name', async () => {
  const requester = kafka.requester({
    replyTopic: topic(name('our-replies'), { value: stringCodec }),
    partition: 2,
    timeoutMs: 20_000,
  })
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, n) => requester.request(texts('spring-serves'), { value: `word ${n}` })),
  )
  expect(
    replies.every(({ value, partition }, n) => value === `WORD ${n}` && partition === 2),
    JSON.stringify(replies.map(({ value, partition }) => [value, partition])),
  )
  await requester.close()
})
await run('an error of a listener comes back as a ReplyError', async () => {
  await withOpen(kafka.requester({ replyTopic: name('our-replies'), timeoutMs: 20_000 }), async (requester) => {
    const error = await requester.request(texts('spring-serves'), { value: 'bad word' }).catch((reason) => reason)
    expect(error.code === 'REPLY_FAILED', String(error))
    expect(error.remoteName === 'java.lang.IllegalArgumentException', error.remoteName)
    expect(error.message === 'no bad word', error.message)
  })
})
await run('ReplyingKafkaTemplate is answered by our server, with errors too', async () => {
  const answer = ({ value }) => {
    if (value.startsWith('bad')) throw new RangeError(`no ${value}`)
    return value.toUpperCase()
  }
  const server = kafka.serve(texts('we-serve'), answer, { groupId: name('we-serve'), reply: stringCodec })
  for (let n = 0; n < 20; n += 1) spring.ask('ask', name('we-serve'), `word-${n}`)
  spring.ask('ask', name('we-serve'), 'bad')
  const replies = await spring.told(['reply'], 20)
  expect(
    replies.every(([, asked, replied]) => replied === asked.toUpperCase()),
    JSON.stringify(replies),
  )
  const [[, , message]] = await spring.told(['failure', 'bad'])
  expect(message === 'RangeError: no bad', message)
  await server.close()
})
await run('dead letters have the headers of DeadLetterPublishingRecoverer, in the same form', async () => {
  const records = ['source', 'spring-source'].map((word) => ({
    topic: name(word),
    partition: 1,
    key: Buffer.from('key'),
    value: Buffer.from('value'),
    headers: { mine: 'yes' },
  }))
  await producer.sendAll(records)
  let ours
  await failing('source', { deadLetter: {} }, async () => {
    ours = (await read('source-dlt', 1))[0]
  })
  const [theirs] = await read('spring-source-dlt', 1)
  const [left, right] = [ours, theirs].map((letter) => forms(letter, ['kafka_dlt-']).join('\n'))
  expect(left === right, `ours: ${left} theirs: ${right}`)
  for (const key of ['kafka_dlt-original-topic', 'mine', 'kafka_dlt-original-consumer-group'])
    expect(headerOf(ours, key).toString().length > 0 && headerOf(theirs, key).toString().length > 0, key)
  expect(ours.partition === 1 && theirs.partition === 1, 'both are in the partition of their source')
})
await run('a listener reads the headers of our dead letters as the types that it asks for', async () => {
  const [[, ...told]] = await spring.told(['letter'])
  const [source] = await read('source', 1)
  const expected = [
    ['value', name('source'), 1, 0, source.timestamp, 'CreateTime', name('source-group')],
    ['RangeError', 'TypeError', 'no value'],
  ].flat()
  expect(told.join(' ') === expected.join(' '), told.join(' '))
})
await run('records in retry topics have the headers of @RetryableTopic, and it goes on where we left off', async () => {
  const at = { topic: name('mixed'), partition: 0 }
  await producer.send({ ...at, value: Buffer.from('theirs') })
  const [theirs] = await read('mixed-retry-300', 1)
  await producer.send({ ...at, value: Buffer.from('ours') })
  await spring.told(['dead', 'theirs'])
  const consumer = kafka.consumer({ groupId: name('mixed-ours'), autoOffsetReset: 'earliest', value: stringCodec })
  consumer.subscribe([name('mixed')])
  const stop = new AbortController()
  const handler = ({ value, topic: from }) => {
    if (value === 'ours' && from === name('mixed')) throw new RangeError('never', { cause: new TypeError('inner') })
  }
  const options = { retry: { topics: { delaysMs: [300, 600] } }, signal: stop.signal }
  const running = consumer.run(handler, options)
  const [, ours] = await read('mixed-retry-300', 2)
  const prefixes = ['kafka_', 'retry_topic-']
  const [left, right] = [ours, theirs].map((letter) => forms(letter, prefixes).join('\n'))
  const [[, , , , lateness]] = await spring.told(['retried', 'ours', name('mixed-retry-300'), '2'])
  expect(Number(lateness) >= 0, `Spring's listener had it ${-lateness} ms too early`)
  await spring.told(['retried', 'ours', name('mixed-retry-600'), '3'])
  await spring.told(['dead', 'ours', name('mixed'), '1'])
  stop.abort()
  await running
  expect(left === right, `ours: ${left} theirs: ${right}`)
})

await spring.close()
const left = (await admin.listTopics()).filter((each) => each.name.startsWith(prefix)).map((each) => each.name)
await admin.deleteTopics({ names: left })
await kafka.close()

async function withOpen(resource, body) {
  try {
    await body(resource)
  } finally {
    await resource.close()
  }
}
