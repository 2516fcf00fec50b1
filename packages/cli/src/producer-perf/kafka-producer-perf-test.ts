/** kafka-producer-perf-test: sends records as fast as it can, or may, and says how long each took. */
import type { Kafka, ProducerRecord, RecordMetadata } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { defineArgparseTool } from '../options/argparse.ts'
import { connect, producerOptions } from '../shared/client-properties.ts'
import { errorTextWithClass } from '../shared/error-text.ts'
import { type ClientMetric, printMetrics } from '../shared/metrics-table.ts'
import { stopCode } from '../shared/stop-code.ts'
import { Throttle } from '../shared/throttle.ts'
import { KAFKA_VERSION } from '../shared/version.ts'
import { LatencyStats } from './latency-stats.ts'
import { PERF_ARGUMENTS, type PerfSettings, perfSettings } from './perf-settings.ts'

const MS_PER_SECOND = 1000
/** What a record costs beside its bytes while it is under way. */
const OVERHEAD_BYTES = 256
const BUFFER_BYTES = 33_554_432

/** Runs kafka-producer-perf-test. */
export const run = defineArgparseTool({
  name: 'kafka-producer-perf-test',
  purpose: 'Sends records to a topic and tells how many went out per second, and how long each took.',
  arguments: PERF_ARGUMENTS,
  async run(args, io) {
    const settings = perfSettings(args, io)
    await using kafka = connect(settings.servers, settings.properties, io)
    const load = new Load(settings, io)
    await load.run(kafka)
    if (io.signal.aborted) return stopCode(io.signal)
    load.report()
    return 0
  },
})

type Send = (record: ProducerRecord) => Promise<RecordMetadata>

class Load {
  readonly #settings: PerfSettings
  readonly #io: Io
  readonly #stats: LatencyStats
  #steady: LatencyStats | null = null
  #sent = 0
  #pendingBytes = 0
  #onRoom: (() => void) | null = null

  constructor(settings: PerfSettings, io: Io) {
    this.#settings = settings
    this.#io = io
    if (settings.warmupCount > 0) {
      printLine(
        io.stdout,
        `Warmup first ${settings.warmupCount} records. Steady state results will print after the complete test summary.`,
      )
    }
    this.#stats = this.#newStats(settings.recordCount, 'all')
  }

  async run(kafka: Kafka): Promise<void> {
    const { properties, recordCount, throughput, transaction } = this.#settings
    const options = producerOptions(properties)
    const throttle = new Throttle(this.#io.env, throughput)
    if (transaction === null) {
      await using producer = kafka.producer(options)
      await this.#sendUntil((record) => producer.send(record), throttle, Number.POSITIVE_INFINITY)
      return
    }
    const { acks: _acks, isIdempotent: _isIdempotent, ...rest } = options
    await using producer = kafka.transactionalProducer({ ...rest, transactionalId: transaction.id })
    while (this.#sent < recordCount && !this.#io.signal.aborted) {
      await producer.transaction(async (scope) => {
        const endMs = this.#io.env.clock.now() + transaction.durationMs
        await this.#sendUntil((record) => scope.send(record), throttle, endMs)
      })
    }
  }

  /** The lines at the end. */
  report(): void {
    this.#stats.printTotal()
    this.#steady?.printTotal()
    if (this.#settings.printsMetrics) printMetrics(this.#metrics(), this.#io)
  }

  /** Sends until the last record, or the one that is sent at `endMs`, which is sent yet. */
  async #sendUntil(send: Send, throttle: Throttle, endMs: number): Promise<void> {
    const { recordCount, topic, payloads, warmupCount } = this.#settings
    const { signal, env } = this.#io
    const limit = Number(this.#settings.properties.get('buffer.memory') ?? BUFFER_BYTES)
    while (this.#sent < recordCount && !signal.aborted) {
      const index = this.#sent
      const value = payloads(index)
      const nowMs = env.clock.now()
      if (warmupCount > 0 && index === warmupCount) {
        this.#steady = this.#newStats(recordCount - warmupCount, 'steady-state')
        this.#stats.suppressPrinting()
      }
      this.#sent += 1
      this.#watch(send({ topic, value }), nowMs, value.length)
      if (nowMs >= endMs) return
      if (this.#pendingBytes > limit) await this.#room()
      const wait = throttle.wait(index, signal)
      if (wait !== undefined) await wait
    }
  }

  #watch(sent: Promise<RecordMetadata>, startMs: number, bytes: number): void {
    const steady = this.#steady
    this.#pendingBytes += bytes + OVERHEAD_BYTES
    const over = () => {
      this.#pendingBytes -= bytes + OVERHEAD_BYTES
      this.#onRoom?.()
    }
    sent.then(
      () => {
        const nowMs = this.#io.env.clock.now()
        this.#stats.record(nowMs - startMs, bytes, nowMs)
        steady?.record(nowMs - startMs, bytes, nowMs)
        over()
      },
      (error) => {
        printLine(this.#io.stderr, errorTextWithClass(error))
        over()
      },
    )
  }

  /** Resolves when some record is done. */
  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRoom = () => {
        this.#onRoom = null
        resolve()
      }
    })
  }

  #newStats(recordCount: number, kind: 'all' | 'steady-state'): LatencyStats {
    const { reportingIntervalMs } = this.#settings
    const { clock } = this.#io.env
    const print = (line: string) => printLine(this.#io.stdout, line)
    return new LatencyStats({ clock, recordCount, reportingIntervalMs, isSteadyState: kind === 'steady-state', print })
  }

  #metrics(): ClientMetric[] {
    const tags = { 'client-id': this.#settings.properties.get('client.id')! }
    const { count, bytes, elapsedMs } = this.#stats.figures
    const of = (name: string, value: number): ClientMetric => ({ group: 'producer-metrics', name, tags, value })
    return [
      { group: 'app-info', name: 'version', tags, value: KAFKA_VERSION },
      of('record-send-total', count),
      of('record-send-rate', (MS_PER_SECOND * count) / elapsedMs),
      of('record-error-total', this.#sent - count),
      of('record-size-avg', bytes / count),
    ]
  }
}
