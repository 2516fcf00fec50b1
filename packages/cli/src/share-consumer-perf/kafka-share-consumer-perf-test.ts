/** kafka-share-consumer-perf-test: takes records from a share group as fast as it can, with several consumers if asked to. */
import type { Kafka, ShareConsumer } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { requireOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import { connect, shareConsumerOptions } from '../shared/client-properties.ts'
import { javaFixed } from '../shared/java-format.ts'
import { type ClientMetric, printMetrics } from '../shared/metrics-table.ts'
import {
  BYTES_PER_MB,
  checkReadPerfOptions,
  MS_PER_SECOND,
  payloadBytes,
  READ_PERF_OPTIONS,
  type ReadPerfSettings,
  readPerfSettings,
} from '../shared/perf-options.ts'
import { stopCode } from '../shared/stop-code.ts'
import { KAFKA_VERSION } from '../shared/version.ts'
import { defineTool } from '../tool.ts'

const DIGITS = 4
const CLIENT_ID = 'perf-share-consumer-client'

const OPTIONS: OptionTable = [
  ...READ_PERF_OPTIONS,
  { name: 'group', argument: { label: 'gid' }, description: 'Share group.', default: 'perf-share-consumer' },
  {
    name: 'fetch-size',
    argument: { label: 'size', type: 'Integer' },
    description: 'Bytes to fetch at once.',
    default: '1048576',
  },
  {
    name: 'threads',
    argument: { label: 'count', type: 'Integer' },
    description: 'How many share consumers read.',
    default: '1',
  },
  { name: 'show-consumer-stats', description: 'Print a line for each share consumer at the end.' },
]

/** Runs kafka-share-consumer-perf-test. */
export const run = defineTool({
  purpose: 'verify the share consumer performance.',
  message: 'This tool is used to verify the share consumer performance.',
  options: OPTIONS,
  syntaxError: 'with-options',
  async run(options, io) {
    requireOptions(options, ['bootstrap-server', 'topic'])
    checkReadPerfOptions(options, io)
    if (!options.has('hide-header')) {
      printLine(
        io.stdout,
        'start.time, end.time, data.consumed.in.MB, MB.sec, nMsg.sec, data.consumed.in.nMsg, fetch.time.ms',
      )
    }
    const fetchBytes = options.integer('fetch-size')!
    const defaults = new Map([
      ['group.id', options.required('group')],
      ['fetch.max.bytes', String(fetchBytes)],
      ['check.crcs', 'false'],
    ])
    const settings = readPerfSettings(options, defaults, io)
    const sharing = new Sharing(settings, options.required('topic'), io)
    await sharing.read(options.required('bootstrap-server'), options.integer('threads')!)
    if (io.signal.aborted) return stopCode(io.signal)
    if (options.has('show-consumer-stats')) sharing.printEach()
    sharing.printTotal()
    if (options.has('print-metrics')) printMetrics(sharing.metrics(), io)
    return 0
  },
})

interface Member {
  readonly number: number
  readonly clientId: string
  readonly kafka: Kafka
  records: number
  bytes: number
}

class Sharing {
  readonly #settings: ReadPerfSettings
  readonly #topic: string
  readonly #io: Io
  readonly #members: Member[] = []
  readonly #startMs: number
  readonly #enough = new AbortController()
  #records = 0
  #bytes = 0
  #endMs = 0

  constructor(settings: ReadPerfSettings, topic: string, io: Io) {
    this.#settings = settings
    this.#topic = topic
    this.#io = io
    this.#startMs = io.env.clock.now()
  }

  async read(servers: string, memberCount: number): Promise<void> {
    const { properties, recordCount, timeoutMs } = this.#settings
    const given = properties.get('client.id')
    const base = given === 'perf-consumer-client' || given === undefined ? CLIENT_ID : given
    for (let number = 1; number <= memberCount; number += 1) {
      const clientId = memberCount > 1 ? `${base}-${number}` : base
      const kafka = connect(servers, new Map([...properties, ['client.id', clientId]]), this.#io)
      this.#members.push({ number, clientId, kafka, records: 0, bytes: 0 })
    }
    try {
      await Promise.all(this.#members.map((member) => this.#readAs(member)))
    } finally {
      this.#endMs = this.#io.env.clock.now()
      await Promise.all(this.#members.map(({ kafka }) => kafka.close()))
    }
    if (this.#records < recordCount && !this.#io.signal.aborted) {
      printLine(
        this.#io.stdout,
        `WARNING: Exiting before consuming the expected number of records: timeout (${timeoutMs} ms) exceeded. You can use the --timeout option to increase the timeout.`,
      )
    }
  }

  printEach(): void {
    for (const { number, clientId, records, bytes } of this.#members) {
      printLine(
        this.#io.stdout,
        `Share consumer ${number} having client id ${clientId} consumption metrics- ${this.#columns(records, bytes)}`,
      )
    }
  }

  printTotal(): void {
    printLine(this.#io.stdout, this.#columns(this.#records, this.#bytes))
  }

  metrics(): ClientMetric[] {
    const seconds = (this.#endMs - this.#startMs) / MS_PER_SECOND
    return this.#members.flatMap(({ clientId, records, bytes }) => {
      const tags = { 'client-id': clientId }
      const of = (name: string, value: number): ClientMetric => ({
        group: 'consumer-share-fetch-manager-metrics',
        name,
        tags,
        value,
      })
      return [
        { group: 'app-info', name: 'version', tags, value: KAFKA_VERSION },
        of('records-consumed-total', records),
        of('records-consumed-rate', records / seconds),
        of('bytes-consumed-total', bytes),
        of('bytes-consumed-rate', bytes / seconds),
      ]
    })
  }

  async #readAs(member: Member): Promise<void> {
    const { properties } = this.#settings
    const groupId = properties.get('group.id')!
    const consumer = member.kafka.shareConsumer({ groupId, ...shareConsumerOptions(properties) })
    consumer.subscribe([this.#topic])
    await this.#takeAll(member, consumer)
  }

  async #takeAll(member: Member, consumer: ShareConsumer): Promise<void> {
    const { recordCount, timeoutMs, reportingIntervalMs, showsDetails } = this.#settings
    const { env, signal } = this.#io
    const quiet = new AbortController()
    const wait = () => env.timers.after(Math.max(0, timeoutMs), () => quiet.abort())
    let timer = wait()
    let last = { ms: env.clock.now(), records: 0, bytes: 0 }
    if (this.#records >= recordCount) this.#enough.abort()
    try {
      const ends = AbortSignal.any([signal, quiet.signal, this.#enough.signal])
      for await (const task of consumer.tasks({ signal: ends })) {
        const nowMs = env.clock.now()
        timer.cancel()
        timer = wait()
        const bytes = payloadBytes(task.record)
        member.records += 1
        member.bytes += bytes
        this.#records += 1
        this.#bytes += bytes
        // Not waited for: what one turn says travels together.
        void task.ack().catch(() => {})
        if (nowMs - last.ms >= reportingIntervalMs) {
          if (showsDetails) this.#printProgress(member, last, nowMs)
          last = { ms: nowMs, records: member.records, bytes: member.bytes }
        }
        if (this.#records < recordCount) continue
        this.#enough.abort()
        return
      }
    } finally {
      timer.cancel()
    }
  }

  #printProgress(member: Member, last: { ms: number; records: number; bytes: number }, nowMs: number): void {
    const { time } = this.#settings
    const elapsedMs = nowMs - last.ms
    const mb = (member.bytes - last.bytes) / BYTES_PER_MB
    const columns = [
      time(last.ms),
      time(nowMs),
      decimal(member.bytes / BYTES_PER_MB),
      decimal((MS_PER_SECOND * mb) / elapsedMs),
      decimal(((member.records - last.records) / elapsedMs) * MS_PER_SECOND),
      String(member.records),
      String(elapsedMs),
    ]
    printLine(this.#io.stdout, `${columns.join(', ')} for share consumer ${member.number}`)
  }

  #columns(records: number, bytes: number): string {
    const { time } = this.#settings
    const elapsedMs = this.#endMs - this.#startMs
    const seconds = elapsedMs / MS_PER_SECOND
    const mb = bytes / BYTES_PER_MB
    return [
      time(this.#startMs),
      time(this.#endMs),
      decimal(mb),
      decimal(mb / seconds),
      decimal(records / seconds),
      String(records),
      String(elapsedMs),
    ].join(', ')
  }
}

function decimal(value: number): string {
  return javaFixed(value, DIGITS)
}
