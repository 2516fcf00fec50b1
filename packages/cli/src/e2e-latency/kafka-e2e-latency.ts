/** kafka-e2e-latency: sends one record after the other and measures until each is read. */
import { type Consumer, type ConsumerRecord, type Kafka, OffsetMark, type Producer } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { requireOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError, UsageError } from '../options/usage-error.ts'
import { connect, consumerOptions, producerOptions, readProperties } from '../shared/client-properties.ts'
import { errorText } from '../shared/error-text.ts'
import { javaDouble, javaFixed } from '../shared/java-format.ts'
import { stopCode } from '../shared/stop-code.ts'
import { defineTool, type Run } from '../tool.ts'
import { namedArguments } from './latency-arguments.ts'

const WAIT_MS = 60_000
const PRINT_EVERY = 1000
const LETTERS = 26
const LETTER_A = 65
const NANOS_PER_MS = 1e6

const size = (name: string, description: string, standard?: string) => ({
  name,
  argument: { label: 'bytes', type: 'Integer' as const, isOptional: true },
  description,
  ...(standard === undefined ? {} : { default: standard }),
})

const OPTIONS: OptionTable = [
  { name: 'bootstrap-server', argument: { label: 'bootstrap-server' }, description: 'REQUIRED: brokers to ask first.' },
  { name: 'topic', argument: { label: 'topic-name' }, description: 'REQUIRED: topic to use; made if it is missing.' },
  {
    name: 'num-records',
    argument: { label: 'count', type: 'Integer' },
    description: 'REQUIRED: how many records to send.',
  },
  {
    name: 'producer-acks',
    argument: { label: 'producer-acks' },
    description: "REQUIRED: '1' or 'all'.",
  },
  {
    name: 'record-size',
    argument: { label: 'bytes', type: 'Integer' },
    description: 'REQUIRED: bytes of each value.',
  },
  size('record-key-size', 'Bytes of each key. Default: there is none.', '0'),
  size('record-header-key-size', 'Bytes of the key of each header.', '0'),
  size('record-header-size', 'Bytes of the value of each header; -1: null.', '0'),
  {
    ...size('num-headers', 'Headers of each record.', '0'),
    argument: { label: 'count', type: 'Integer', isOptional: true },
  },
  {
    name: 'command-config',
    argument: { label: 'config-file', isOptional: true },
    description: 'Properties file for the client.',
  },
]

const runNamed = defineTool({
  purpose: 'measure the time from the sending of a record to its arrival.',
  message: 'This tool measures end-to-end latency in Kafka by sending messages and timing their reception.',
  options: OPTIONS,
  syntaxError: 'with-options',
  run: measure,
})

/** Runs kafka-e2e-latency. */
export const run: Run = async (argv, io) => {
  let named: readonly string[]
  try {
    named = namedArguments(argv, io)
  } catch (error) {
    printLine(io.stderr, errorText(error))
    return 1
  }
  return await runNamed(named, io)
}

async function measure(options: ParsedOptions, io: Io): Promise<number> {
  check(options)
  const file = options.value('command-config')
  const properties = file === undefined ? new Map<string, string>() : readProperties(file, io)
  const topic = options.required('topic')
  await using kafka = connect(options.required('bootstrap-server'), properties, io)
  await createIfMissing(kafka, topic, io)
  const producer = kafka.producer({
    ...producerOptions(properties),
    acks: options.value('producer-acks') === '1' ? 1 : 'all',
    isIdempotent: false,
    lingerMs: 0,
  })
  const consumer = kafka.consumer({
    ...consumerOptions(properties),
    groupId: `test-group-${io.env.clock.now()}`,
    autoCommit: false,
    // No fetch.max.wait.ms of 0, which Kafka's tool has: a fetch that waits is answered at once too, and keeps nobody busy meanwhile.
  })
  await assignEnds(kafka, consumer, topic)
  const count = options.integer('num-records')!
  const latencies: number[] = []
  const make = () => newMessage(options, io)
  let totalMs = 0
  for (let at = 0; at < count; at += 1) {
    const nanos = await roundTrip({ topic, producer, consumer, message: make() }, io)
    if (io.signal.aborted) return stopCode(io.signal)
    if (at % PRINT_EVERY === 0) printLine(io.stdout, `${at}\t${javaDouble(nanos / NANOS_PER_MS)}`)
    totalMs += nanos / NANOS_PER_MS
    latencies.push(Math.floor(nanos / NANOS_PER_MS))
  }
  latencies.sort((a, b) => a - b)
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((share) => latencies[Math.floor(count * share)])
  printLine(io.stdout, `Avg latency: ${javaFixed(totalMs / count, 4)} ms`)
  printLine(io.stdout, `Percentiles: 50th = ${p50}, 99th = ${p99}, 99.9th = ${p999}`)
  await consumer.commit()
  return 0
}

function check(options: ParsedOptions): void {
  requireOptions(options, ['bootstrap-server', 'topic', 'num-records', 'producer-acks', 'record-size'])
  const acks = options.value('producer-acks')
  if (acks !== '1' && acks !== 'all') {
    throw new UsageError(
      "Invalid value for --producer-acks. Latency testing requires synchronous acknowledgement. Please use '1' or 'all'.",
    )
  }
  if (options.integer('num-records')! <= 0) throw new UsageError('Value for --num-records must be a positive integer.')
  for (const name of ['record-size', 'record-key-size', 'record-header-key-size']) notNegative(options, name)
  if (options.integer('record-header-size')! < -1) {
    throw new UsageError('Value for --record-header-size must be a non-negative integer or -1 for null header value.')
  }
  notNegative(options, 'num-headers')
}

function notNegative(options: ParsedOptions, name: string): void {
  if (options.integer(name)! < 0) throw new UsageError(`Value for --${name} must be a non-negative integer.`)
}

async function createIfMissing(kafka: Kafka, topic: string, io: Io): Promise<void> {
  const admin = kafka.admin()
  if ((await admin.listTopics()).some(({ name }) => name === topic)) return
  printLine(
    io.stdout,
    `Topic "${topic}" does not exist. Will create topic with 1 partition(s) and replication factor = 1`,
  )
  const created = await admin.createTopics([{ name: topic, partitionCount: 1, replicationFactor: 1 }])
  if (created.get(topic)?.kind === 'failed') {
    printLine(io.stdout, `Creation of topic ${topic} failed`)
    throw new ToolError(errorText((created.get(topic) as { error: unknown }).error))
  }
}

async function assignEnds(kafka: Kafka, consumer: Consumer, topic: string): Promise<void> {
  const partitions = await consumer.partitionsFor(topic)
  const ends = await kafka
    .admin()
    .listOffsets(partitions.map((partition) => ({ ...partition, timestamp: OffsetMark.latest })))
  consumer.assign(
    [...ends.values()].flatMap((outcome) =>
      outcome.kind === 'done' ? [{ topic, partition: outcome.value.partition, from: outcome.value.offset }] : [],
    ),
  )
}

interface Message {
  readonly key: Buffer | null
  readonly value: Buffer
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
}

function newMessage(options: ParsedOptions, io: Io): Message {
  const number = (name: string) => options.integer(name)!
  const keyBytes = number('record-key-size')
  const headerBytes = number('record-header-size')
  const headers = Array.from({ length: number('num-headers') }, () => ({
    key: letters(number('record-header-key-size'), io).toString('latin1'),
    value: headerBytes === -1 ? null : letters(headerBytes, io),
  }))
  return { key: keyBytes === 0 ? null : letters(keyBytes, io), value: letters(number('record-size'), io), headers }
}

function letters(count: number, io: Io): Buffer {
  return Buffer.from(io.env.random.bytes(count).map((byte) => LETTER_A + (byte % LETTERS)))
}

interface Trip {
  readonly topic: string
  readonly producer: Producer
  readonly consumer: Consumer
  readonly message: Message
}

/** Nanoseconds. */
async function roundTrip({ topic, producer, consumer, message }: Trip, io: Io): Promise<number> {
  const { clock } = io.env
  const begin = clock.monotonic()
  await producer.send({ topic, ...message })
  const records = await consumer.poll({ timeoutMs: WAIT_MS, signal: io.signal })
  const nanos = Math.round((clock.monotonic() - begin) * NANOS_PER_MS)
  const problem = mismatch(message, records)
  if (problem !== null) {
    await consumer.commit()
    throw new ToolError(problem)
  }
  return nanos
}

function mismatch(sent: Message, records: readonly ConsumerRecord[]): string | null {
  const [read] = records
  if (read === undefined) return `poll() timed out before finding a result (timeout:[${WAIT_MS}ms])`
  const of = (what: string, found: unknown, wanted: unknown) =>
    `The message ${what} read [${found}] did not match the message ${what} sent [${wanted}]`
  if (read.value === null || !sent.value.equals(read.value)) return of('value', read.value, sent.value)
  if (sent.key === null && read.key !== null) return `Expected null message key but received [${read.key}]`
  if (sent.key !== null && read.key === null) return 'Expected message key but received null'
  if (sent.key !== null && !sent.key.equals(read.key!)) return of('key', read.key, sent.key)
  if (sent.headers.length > 0 && read.headers.length === 0) return 'Expected message headers but received none'
  for (const [at, { key, value }] of sent.headers.entries()) {
    const found = read.headers[at]
    if (found === undefined) return 'Header count mismatch between sent and received messages'
    const same = value === null ? found.value === null : found.value !== null && value.equals(found.value)
    if (found.key !== key || !same) return of('header', `${found.key}:${found.value}`, `${key}:${value}`)
  }
  if (records.length === 1) return null
  return `Only one result was expected during this test. We found [${records.length}]`
}
