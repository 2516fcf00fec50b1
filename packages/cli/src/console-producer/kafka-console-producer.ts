/** kafka-console-producer: sends lines of the standard input as records. */
import { type Producer, type ProducerOptions, type ProducerRecord, parseBootstrapServers } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { requireOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { FileError, SettingError, ToolError, UsageError } from '../options/usage-error.ts'
import { connect, pairsOf, producerOptions, readProperties } from '../shared/client-properties.ts'
import { checkOldNames, tellOldNames } from '../shared/deprecated-options.ts'
import { errorText, withCause } from '../shared/error-text.ts'
import { defineTool } from '../tool.ts'
import { LineError, LineReader, type LineRecord } from './line-reader.ts'
import { LineSplitter } from './line-splitter.ts'

const OPTIONS: OptionTable = [
  { name: 'topic', argument: { label: 'topic' }, description: 'REQUIRED: topic that the records go to.' },
  {
    name: 'bootstrap-server',
    argument: { label: 'server to connect to' },
    description: 'REQUIRED: brokers to ask first, HOST:PORT,HOST:PORT.',
  },
  {
    isHidden: true,
    name: 'broker-list',
    argument: { label: 'broker-list' },
    description: 'The same, under its old name.',
  },
  { name: 'sync', description: 'Wait for each record before the next one is sent.' },
  {
    name: 'compression-codec',
    argument: { label: 'compression-codec', isOptional: true },
    description: "none, gzip, snappy, lz4 or zstd; gzip when no name follows. Default: that of the client's settings.",
  },
  {
    name: 'batch-size',
    argument: { label: 'size', type: 'Integer' },
    description: 'A batch of one partition is full at this many bytes.',
  },
  {
    name: 'message-send-max-retries',
    argument: { label: '', type: 'Integer' },
    description: 'Attempts after the first. Default: as many as fit into the time for delivery.',
  },
  {
    name: 'retry-backoff-ms',
    argument: { label: '', type: 'Long' },
    description: 'Wait before another attempt.',
    default: '100',
  },
  {
    name: 'timeout',
    argument: { label: 'timeout_ms', type: 'Long' },
    description: 'Wait so long for more records before a batch is sent. Default: not at all.',
  },
  {
    name: 'request-required-acks',
    argument: { label: 'request required acks' },
    description: 'Who must have a record: all (-1), the leader (1), nobody (0).',
    default: '-1',
  },
  {
    name: 'request-timeout-ms',
    argument: { label: 'request timeout ms', type: 'Integer' },
    description: 'An attempt without an answer is given up after so long.',
  },
  {
    name: 'metadata-expiry-ms',
    argument: { label: 'metadata expiration interval', type: 'Long' },
    description: 'Ask again for what is known of the topic when it is older.',
    default: '300000',
  },
  {
    name: 'max-block-ms',
    argument: { label: 'max block on send', type: 'Long' },
    description: 'Wait at most so long for the topic to be there and for room in the buffer.',
    default: '60000',
  },
  {
    name: 'max-memory-bytes',
    argument: { label: 'total memory in bytes', type: 'Long' },
    description: 'Bytes that records may hold until they are sent.',
    default: '33554432',
  },
  {
    name: 'max-partition-memory-bytes',
    argument: { label: 'memory in bytes per partition', type: 'Integer' },
    description: 'The same as --batch-size.',
  },
  {
    name: 'socket-buffer-size',
    argument: { label: 'size', type: 'Integer' },
    description: 'Understood, without effect: the operating system sizes its buffers.',
  },
  {
    name: 'line-reader',
    argument: { label: 'reader_class' },
    description: 'Class that reads lines; only that of Kafka itself is there.',
    default: 'org.apache.kafka.tools.LineMessageReader',
  },
  {
    name: 'reader-property',
    argument: { label: 'prop' },
    description:
      'Setting of the line reader, key=value. May be repeated. parse.key, parse.headers, ignore.error (false); key.separator, headers.delimiter (tab); headers.separator (,); headers.key.separator (:); null.marker (none). A line is headers, key, value in this order, as far as they are asked for.',
  },
  { name: 'property', argument: { label: 'prop' }, description: 'The same as --reader-property (deprecated).' },
  { name: 'reader-config', argument: { label: 'config file' }, description: 'Properties file for the line reader.' },
  {
    name: 'command-property',
    argument: { label: 'producer_prop' },
    description: 'Setting of the client, key=value. May be repeated.',
  },
  {
    name: 'producer-property',
    argument: { label: 'producer_prop' },
    description: 'The same as --command-property (deprecated).',
  },
  { name: 'command-config', argument: { label: 'config file' }, description: 'Properties file for the client.' },
  {
    name: 'producer.config',
    argument: { label: 'config file' },
    description: 'The same as --command-config (deprecated).',
  },
]

const OLD_NAMES = [
  { old: 'property', current: 'reader-property' },
  { old: 'producer-property', current: 'command-property' },
  { old: 'producer.config', current: 'command-config' },
]

const LINE_READERS = new Set([
  'org.apache.kafka.tools.LineMessageReader',
  'kafka.tools.ConsoleProducer$LineMessageReader',
  'kafka.tools.ConsoleProducer.LineMessageReader',
])
const OLD_BATCH_SIZE =
  'Warning: --max-partition-memory-bytes is deprecated and will be removed in Apache Kafka 5.0. Use --batch-size instead.'
/** Records under way before more lines are read. */
const OUTSTANDING_MAX = 20_000

/** Runs kafka-console-producer. */
export const run = defineTool({
  purpose: 'read data from standard input and publish it to Kafka.',
  options: OPTIONS,
  syntaxError: 'with-options',
  async run(options, io) {
    requireOptions(options, ['topic'])
    const topic = options.required('topic')
    const servers = checkServers(options)
    checkOldNames(OLD_NAMES, options, 'current')
    tellOldNames(OLD_NAMES, 'Warning:', { options, io })
    if (options.has('max-partition-memory-bytes')) printLine(io.stdout, OLD_BATCH_SIZE)
    const { properties, reader, settings } = namingExceptions(() => {
      const client = clientProperties(options, io)
      return { properties: client, reader: openReader(options, io), settings: producerSettings(options, client) }
    })
    await using kafka = connect(servers, properties, io)
    await using producer = kafka.producer(settings)
    const isSync = options.has('sync')
    try {
      await sendLines(new Lines(io, reader), { producer, topic, isSync, io })
    } catch (error) {
      if (!(error instanceof LineError)) throw error
      throw new ToolError(`org.apache.kafka.common.KafkaException: ${error.message}`)
    }
    return 0
  },
})

/** What Java's tool shows are exceptions. */
function namingExceptions<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof FileError) {
      throw new ToolError(withCause(`java.nio.file.NoSuchFileException: ${error.path}`, error.reason))
    }
    if (!(error instanceof SettingError)) throw error
    throw new ToolError(`org.apache.kafka.common.config.ConfigException: ${error.message}`)
  }
}

/** The records of the standard input. */
class Lines {
  readonly #io: Io
  readonly #reader: LineReader

  constructor(io: Io, reader: LineReader) {
    this.#io = io
    this.#reader = reader
  }

  /** In pieces as they come; an abort of the tool ends them. */
  async *pieces(): AsyncGenerator<Iterable<LineRecord>, void, undefined> {
    const splitter = new LineSplitter()
    let lineNumber = 0
    const parse = (line: Buffer) => {
      lineNumber += 1
      return this.#reader.parse(line, lineNumber)
    }
    this.#prompt()
    for await (const chunk of untilAborted(this.#io.stdin, this.#io.signal)) {
      yield map(splitter.push(chunk), parse)
      this.#prompt()
    }
    const last = splitter.end()
    if (last !== null) yield [parse(last)]
  }

  #prompt(): void {
    if (this.#io.isStdinTerminal) this.#io.stdout.write('>')
  }
}

async function sendLines(
  lines: Lines,
  to: { producer: Producer; topic: string; isSync: boolean; io: Io },
): Promise<void> {
  const { producer, topic, isSync, io } = to
  let outstanding = 0
  let wake = () => {}
  for await (const piece of lines.pieces()) {
    for (const record of piece) {
      const sent = producer.send({ topic, ...record } as ProducerRecord).then(
        () => {},
        (error) => reportFailure(error, topic, record, io),
      )
      if (isSync) {
        await sent
        continue
      }
      outstanding += 1
      void sent.then(() => {
        outstanding -= 1
        wake()
      })
      if (outstanding < OUTSTANDING_MAX) continue
      await new Promise<void>((resolve) => {
        wake = () => {
          if (outstanding < OUTSTANDING_MAX / 2) resolve()
        }
      })
    }
  }
}

/** A record that could not be sent is told of, and the next one follows; so it is in Kafka's tool. */
function reportFailure(error: unknown, topic: string, record: LineRecord, io: Io): void {
  const bytes = (field: Buffer | null) => (field === null ? 'null' : `${field.length} bytes`)
  const what = `topic ${topic} with key: ${bytes(record.key)}, value: ${bytes(record.value)}`
  printLine(io.stderr, `ERROR Error when sending message to ${what} with error: ${errorText(error)}`)
}

function checkServers(options: ParsedOptions): string {
  const servers = options.value('bootstrap-server') ?? options.value('broker-list')
  if (servers === undefined) throw new UsageError('Error while validating the bootstrap address\n')
  try {
    parseBootstrapServers(servers)
  } catch {
    throw new UsageError('Please provide valid host:port like host1:9091,host2:9092\n')
  }
  return servers
}

function clientProperties(options: ParsedOptions, io: Io): Map<string, string> {
  const file = options.value('command-config') ?? options.value('producer.config')
  return new Map([
    ['client.id', 'console-producer'],
    ...(file === undefined ? [] : readProperties(file, io)),
    ...pairsOf(options.values('producer-property')),
    ...pairsOf(options.values('command-property')),
  ])
}

function openReader(options: ParsedOptions, io: Io): LineReader {
  const name = options.required('line-reader')
  if (!LINE_READERS.has(name)) throw new ToolError(`java.lang.ClassNotFoundException: ${name}`)
  const file = options.value('reader-config')
  const properties = new Map([
    ...(file === undefined ? [] : readProperties(file, io)),
    ...pairsOf(options.values('property')),
    ...pairsOf(options.values('reader-property')),
  ])
  try {
    return new LineReader(properties)
  } catch (error) {
    throw new ToolError(`org.apache.kafka.common.KafkaException: ${(error as Error).message}`)
  }
}

/** Options of the command line stand over the properties. */
function producerSettings(options: ParsedOptions, properties: Map<string, string>): ProducerOptions {
  const set = (name: string, value: string | number | undefined) => {
    if (value !== undefined) properties.set(name, String(value))
  }
  if (options.has('compression-codec')) set('compression.type', options.value('compression-codec') ?? 'gzip')
  if (options.has('request-required-acks') || !properties.has('acks')) {
    set('acks', options.value('request-required-acks'))
  }
  const given = (name: string) => (options.has(name) ? options.integer(name) : undefined)
  set('batch.size', given('max-partition-memory-bytes') ?? given('batch-size'))
  set('retries', given('message-send-max-retries'))
  set('retry.backoff.ms', given('retry-backoff-ms'))
  set('linger.ms', given('timeout'))
  set('request.timeout.ms', given('request-timeout-ms'))
  set('metadata.max.age.ms', given('metadata-expiry-ms'))
  set('max.block.ms', given('max-block-ms'))
  set('buffer.memory', given('max-memory-bytes'))
  return producerOptions(properties)
}

function* map<T, R>(items: Iterable<T>, convert: (item: T) => R): Generator<R, void, undefined> {
  for (const item of items) yield convert(item)
}

async function* untilAborted(
  input: AsyncIterable<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const iterator = input[Symbol.asyncIterator]()
  const aborted = new Promise<IteratorResult<Buffer>>((resolve) => {
    signal.addEventListener('abort', () => resolve({ done: true, value: undefined }), { once: true })
  })
  for (;;) {
    const next = await Promise.race([iterator.next(), aborted])
    if (next.done === true) return
    yield next.value
  }
}
