/** kafka-consumer-perf-test: reads records as fast as it can, and says how many came per second. */
import type { Consumer, RebalanceListener } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { requireOptions } from '../options/check-options.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { connect, consumerOptions } from '../shared/client-properties.ts'
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
  requireOneOf,
} from '../shared/perf-options.ts'
import { stopCode } from '../shared/stop-code.ts'
import { topicPattern } from '../shared/topic-filter.ts'
import { KAFKA_VERSION } from '../shared/version.ts'
import { defineTool } from '../tool.ts'

const POLL_MS = 100
const GROUP_SPREAD = 100_000
const DIGITS = 4
const LAST_COLUMNS = ', rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec'
const COLUMNS = 'data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec'

const OPTIONS: OptionTable = [
  ...READ_PERF_OPTIONS,
  {
    name: 'broker-list',
    argument: { label: 'broker-list' },
    description: 'The old name of --bootstrap-server.',
    isHidden: true,
  },
  {
    name: 'include',
    argument: { label: 'Java regex (String)' },
    description: 'Read all topics whose whole name matches.',
  },
  {
    name: 'group',
    argument: { label: 'gid' },
    description: 'Group to read as. Default: perf-consumer- and a random number.',
  },
  {
    name: 'fetch-size',
    argument: { label: 'size', type: 'Integer' },
    description: 'Bytes of one partition to fetch at once.',
    default: '1048576',
  },
  { name: 'from-latest', description: 'Where the group has no offset yet, begin with what comes from now on.' },
  { name: 'threads', argument: { label: 'count' }, description: 'Of old, without effect.', isHidden: true },
  { name: 'num-fetch-threads', argument: { label: 'count' }, description: 'Of old, without effect.', isHidden: true },
]

/** Runs kafka-consumer-perf-test. */
export const run = defineTool({
  purpose: 'verify the consumer performance.',
  message: 'This tool is used to verify the consumer performance.',
  options: OPTIONS,
  syntaxError: 'with-options',
  async run(options, io) {
    if (!options.has('broker-list')) requireOptions(options, ['bootstrap-server'])
    requireOneOf(options, ['topic', 'include'])
    checkReadPerfOptions(options, io)
    if (!options.has('hide-header')) {
      const first = options.has('show-detailed-stats') ? 'time, threadId' : 'start.time, end.time'
      printLine(io.stdout, `${first}, ${COLUMNS}${LAST_COLUMNS}`)
    }
    const settings = readPerfSettings(options, propertiesOf(options, io), io)
    const servers = options.value('bootstrap-server') ?? options.required('broker-list')
    await using kafka = connect(servers, settings.properties, io)
    const reading = new Reading(settings, io)
    const consumer = kafka.consumer({ ...consumerOptions(settings.properties), rebalanceListener: reading.listener })
    const include = options.value('include')
    consumer.subscribe(include === undefined ? [options.required('topic')] : topicPattern(include))
    await reading.read(consumer)
    if (io.signal.aborted) return stopCode(io.signal)
    reading.report()
    if (options.has('print-metrics')) printMetrics(reading.metrics(), io)
    return 0
  },
})

function propertiesOf(options: ParsedOptions, io: Io): Map<string, string> {
  return new Map([
    ['group.id', options.value('group') ?? `perf-consumer-${io.env.random.below(GROUP_SPREAD)}`],
    ['max.partition.fetch.bytes', String(options.integer('fetch-size')!)],
    ['auto.offset.reset', options.has('from-latest') ? 'latest' : 'earliest'],
    ['check.crcs', 'false'],
  ])
}

interface Mark {
  readonly ms: number
  readonly records: number
  readonly bytes: number
}

class Reading {
  readonly #settings: ReadPerfSettings
  readonly #io: Io
  readonly #startMs: number
  #records = 0
  #bytes = 0
  #joinStartMs: number
  #joinMs = 0
  /** Since the last line. */
  #joinMsOfRound = 0
  #endMs = 0
  readonly listener: RebalanceListener

  constructor(settings: ReadPerfSettings, io: Io) {
    const { clock } = io.env
    this.#settings = settings
    this.#io = io
    this.#startMs = clock.now()
    this.#joinStartMs = this.#startMs
    this.listener = {
      onRevoked: () => {
        this.#joinStartMs = clock.now()
      },
      onAssigned: () => {
        const elapsed = clock.now() - this.#joinStartMs
        this.#joinMs += elapsed
        this.#joinMsOfRound += elapsed
      },
    }
  }

  async read(consumer: Consumer): Promise<void> {
    const { recordCount, timeoutMs, reportingIntervalMs, showsDetails } = this.#settings
    const { env, signal } = this.#io
    let nowMs = env.clock.now()
    let last: Mark = { ms: nowMs, records: 0, bytes: 0 }
    let consumedMs = nowMs
    while (this.#records < recordCount && nowMs - consumedMs <= timeoutMs && !signal.aborted) {
      const records = await consumer.poll({ timeoutMs: POLL_MS })
      nowMs = env.clock.now()
      if (records.length > 0) consumedMs = nowMs
      for (const record of records) {
        this.#records += 1
        this.#bytes += payloadBytes(record)
        if (nowMs - last.ms < reportingIntervalMs) continue
        if (showsDetails) this.#printProgress(last, nowMs)
        this.#joinMsOfRound = 0
        last = { ms: nowMs, records: this.#records, bytes: this.#bytes }
      }
    }
    if (this.#records < recordCount && !signal.aborted) {
      printLine(
        this.#io.stdout,
        `WARNING: Exiting before consuming the expected number of records: timeout (${timeoutMs} ms) exceeded. You can use the --timeout option to increase the timeout.`,
      )
    }
    this.#endMs = env.clock.now()
  }

  report(): void {
    const { showsDetails, time } = this.#settings
    if (showsDetails) return
    const seconds = (this.#endMs - this.#startMs) / MS_PER_SECOND
    const fetchMs = this.#endMs - this.#startMs - this.#joinMs
    const mb = this.#bytes / BYTES_PER_MB
    const columns = [
      time(this.#startMs),
      time(this.#endMs),
      decimal(mb),
      decimal(mb / seconds),
      String(this.#records),
      decimal(this.#records / seconds),
      String(this.#joinMs),
      String(fetchMs),
      decimal(mb / (fetchMs / MS_PER_SECOND)),
      decimal(this.#records / (fetchMs / MS_PER_SECOND)),
    ]
    printLine(this.#io.stdout, columns.join(', '))
  }

  metrics(): ClientMetric[] {
    const tags = { 'client-id': this.#settings.properties.get('client.id')! }
    const seconds = (this.#endMs - this.#startMs) / MS_PER_SECOND
    const of = (name: string, value: number): ClientMetric => ({
      group: 'consumer-fetch-manager-metrics',
      name,
      tags,
      value,
    })
    return [
      { group: 'app-info', name: 'version', tags, value: KAFKA_VERSION },
      of('records-consumed-total', this.#records),
      of('records-consumed-rate', this.#records / seconds),
      of('bytes-consumed-total', this.#bytes),
      of('bytes-consumed-rate', this.#bytes / seconds),
    ]
  }

  #printProgress(last: Mark, nowMs: number): void {
    const elapsedMs = nowMs - last.ms
    const mb = (this.#bytes - last.bytes) / BYTES_PER_MB
    const records = this.#records - last.records
    const fetchMs = elapsedMs - this.#joinMsOfRound
    const columns = [
      this.#settings.time(nowMs),
      '0',
      decimal(this.#bytes / BYTES_PER_MB),
      decimal((MS_PER_SECOND * mb) / elapsedMs),
      String(this.#records),
      decimal((records / elapsedMs) * MS_PER_SECOND),
      String(this.#joinMsOfRound),
      String(fetchMs),
      decimal(fetchMs <= 0 ? 0 : (MS_PER_SECOND * mb) / fetchMs),
      decimal(fetchMs <= 0 ? 0 : (MS_PER_SECOND * records) / fetchMs),
    ]
    printLine(this.#io.stdout, columns.join(', '))
  }
}

function decimal(value: number): string {
  return javaFixed(value, DIGITS)
}
