/** `ottla produce`: sends what is typed, piped, or in files. */
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { isBrokerError, type Producer, type ProducerOptions, type RecordMetadata } from '@ottla/client'
import { COMPRESSION_NAMES, ErrorCode } from '@ottla/protocol'
import type { Io } from '../../io.ts'
import { producerOptions } from '../../shared/client-properties.ts'
import type { Invocation } from '../command.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { Arguments } from '../parse-arguments.ts'
import { momentMs, plural } from '../quantities.ts'
import type { Session } from '../session.ts'
import { describeNamed } from '../topic/topic-facts.ts'
import { untilAborted } from '../until-aborted.ts'
import { Failure, UsageProblem } from '../usage-problem.ts'
import { unescaped } from './escapes.ts'
import type { RecordInit } from './record-json.ts'
import { jsonRecords, textRecords, wholeRecords } from './record-source.ts'

/** Records that wait for their acknowledgement; the producer bounds their bytes. */
const UNDER_WAY_MAX = 20_000

export async function run({ args, io, screen, open }: Invocation): Promise<void> {
  const topic = args.required('TOPIC')
  const common = commonParts(args, io)
  const options = compressionOptions(args)
  const records = recordsOf(args, io)
  const session = await open()
  await ensureTopic(session, topic, args)
  const isTyping = io.isStdinTerminal && args.arguments('FILE').length === 0 && !args.has('value')
  if (isTyping) screen.remark('Type records, one on a line; Ctrl-D ends.')
  await using producer = session.kafka.producer({ ...producerOptions(session.properties), ...options })
  const progress = screen.progress({ label: 'sending', unit: 'records' })
  const limit = args.integer('count', 1) ?? Number.POSITIVE_INFINITY
  const sending = new Sending(producer, screen.isJson ? (metadata) => screen.jsonLine(shownMetadata(metadata)) : null)
  try {
    for await (const record of records) {
      const { partition, ...rest } = record
      const place = args.has('keep-partitions') && partition !== undefined ? { partition } : {}
      await sending.send({ topic, ...merged(rest, common), ...place, ...common.place })
      if (!isTyping) progress.update(sending.count)
      if (sending.count >= limit) break
    }
    await sending.finish()
  } finally {
    progress.end()
  }
  screen.remark(`Sent ${plural(sending.count, 'record')} to ${topic}`)
}

/** Keeps what is under way within a bound, and stops at the first failure. */
class Sending {
  readonly #producer: Producer
  /** Null: nobody wants to know. */
  readonly #onSent: ((metadata: RecordMetadata) => void) | null
  #underWay = 0
  #failure: { readonly error: unknown } | null = null
  #onRoom: (() => void) | null = null
  /** What was sent is told in the order in which it was given. */
  #told: Promise<void> = Promise.resolve()
  count = 0

  constructor(producer: Producer, onSent: ((metadata: RecordMetadata) => void) | null) {
    this.#producer = producer
    this.#onSent = onSent
  }

  async send(record: Parameters<Producer['send']>[0]): Promise<void> {
    this.#throwFailure()
    const onSent = this.#onSent
    const sent = this.#producer.send(record)
    this.count += 1
    this.#underWay += 1
    sent.then(
      () => this.#settled(),
      (error) => {
        this.#failure ??= { error }
        this.#settled()
      },
    )
    if (onSent !== null) {
      this.#told = Promise.all([sent, this.#told]).then(([metadata]) => onSent(metadata))
      this.#told.catch(() => {})
    }
    if (this.#underWay >= UNDER_WAY_MAX) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve
      })
    }
  }

  async finish(): Promise<void> {
    await this.#producer.flush()
    this.#throwFailure()
    await this.#told
  }

  #settled(): void {
    this.#underWay -= 1
    this.#onRoom?.()
    this.#onRoom = null
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error
  }
}

interface CommonParts {
  readonly key: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: string }[]
  readonly timestamp: number | undefined
  readonly place: { readonly partition?: number }
}

function commonParts(args: Arguments, io: Io): CommonParts {
  const key = args.value('key')
  const time = args.value('timestamp')
  const timestamp = time === undefined ? undefined : momentMs(time, io.env.clock.now())
  if (timestamp === null) throw new UsageProblem(`--timestamp is no time: '${time}'`)
  const partition = args.integer('partition')
  return {
    key: key === undefined ? null : Buffer.from(key),
    headers: args.pairs('header').map(([name, value]) => ({ key: name, value })),
    timestamp,
    place: partition === undefined ? {} : { partition },
  }
}

function merged({ key, value, headers, timestamp }: Omit<RecordInit, 'partition'>, common: CommonParts) {
  const time = timestamp ?? common.timestamp
  const own = headers as Extract<RecordInit['headers'], readonly unknown[]>
  return {
    key: key ?? common.key,
    value,
    headers: common.headers.length === 0 ? own : [...own, ...common.headers],
    ...(time === undefined ? {} : { timestamp: time }),
  }
}

function recordsOf(args: Arguments, io: Io): AsyncIterable<RecordInit> {
  const files = args.arguments('FILE').map((file) => (file === '-' ? file : resolve(io.workingDirectory, file)))
  const rules = {
    delimiter: unescaped(args.value('delimiter') ?? '\\n'),
    keyDelimiter: args.has('key-delimiter') ? unescaped(args.value('key-delimiter')!) : null,
    emptyIsNull: args.has('nulls'),
  }
  if (rules.delimiter.length === 0) throw new UsageProblem('--delimiter is at least one character')
  if (args.has('value')) {
    if (files.length > 0) throw new UsageProblem('--value and files exclude each other')
    return wholeRecords(
      args.values('value').map((value) => Buffer.from(value)),
      rules,
    )
  }
  for (const file of files) checkFile(file)
  if (args.has('whole')) {
    if (files.length === 0) throw new UsageProblem('--whole sends whole files: name them')
    return wholeRecords(wholes(files, io), rules)
  }
  const input = inputOf(files, io)
  return args.has('envelope') ? jsonRecords(input) : textRecords(input, rules)
}

function checkFile(file: string): void {
  if (file === '-') return
  try {
    if (statSync(file).isDirectory()) throw new Failure(`${file} is a folder`)
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(
      `${file} cannot be read: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message}`,
    )
  }
}

async function* wholes(files: readonly string[], io: Io): AsyncGenerator<Buffer> {
  for (const file of files) yield file === '-' ? await wholeOf(untilAborted(io.stdin, io.signal)) : readFileSync(file)
}

async function wholeOf(input: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of input) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function* inputOf(files: readonly string[], io: Io): AsyncGenerator<Buffer> {
  if (files.length === 0) yield* untilAborted(io.stdin, io.signal)
  for (const file of files)
    yield* untilAborted(file === '-' ? io.stdin : (createReadStream(file) as AsyncIterable<Buffer>), io.signal)
}

/** `zstd`, or `zstd:9` with its level. */
function compressionOptions(args: Arguments): Pick<ProducerOptions, 'compression' | 'compressionLevel' | 'acks'> {
  const text = args.value('compression')
  const acks = args.value('acks')
  const shared = acks === undefined ? {} : { acks: acks === 'all' ? ('all' as const) : (Number(acks) as 0 | 1) }
  if (text === undefined) return shared
  const [name = '', level] = text.split(':')
  if (!COMPRESSION_NAMES.includes(name as never)) {
    throw new UsageProblem(
      `--compression is one of ${COMPRESSION_NAMES.join(', ')}, not '${name}'.${didYouMean(name, COMPRESSION_NAMES)}`,
    )
  }
  const compression = name as (typeof COMPRESSION_NAMES)[number]
  if (level === undefined) return { ...shared, compression }
  if (!/^-?\d+$/.test(level)) throw new UsageProblem(`the level of ${name} is a number, not '${level}'`)
  return { ...shared, compression, compressionLevel: Number(level) }
}

/** A mistyped name would else make a topic where brokers do so by themselves. */
async function ensureTopic({ admin }: Session, topic: string, args: Arguments): Promise<void> {
  if (!args.has('create')) {
    await describeNamed(admin, [topic])
    return
  }
  for (const outcome of (await admin.createTopics([{ name: topic }])).values()) {
    if (outcome.kind === 'failed' && !isBrokerError(outcome.error, ErrorCode.TOPIC_ALREADY_EXISTS)) throw outcome.error
  }
}

function shownMetadata({ topic, partition, offset, timestamp }: RecordMetadata) {
  return { topic, partition, offset, timestamp }
}
