/** Metrics as OpenTelemetry's protocol carries them (OTLP 1, MetricsData, in protobuf): what brokers take from clients (KIP-714). */
import type { MetricRow, RecentHistogram } from '@ottla/stdx'
import type { ClientMetricSource } from './metrics-table.ts'

/** One number, under the name that KIP-714 gives it: `org.apache.kafka.producer.record.send.total`. */
export interface OtlpSample {
  readonly name: string
  /** A counter since the start; else a value as it is now. */
  readonly isTotal: boolean
  readonly attributes: readonly (readonly [key: string, value: string])[]
  readonly value: number
}

const PREFIXES: readonly (readonly [prometheus: string, otlp: string])[] = [
  ['kafka_producer_producer_metrics_', 'org.apache.kafka.producer.'],
  ['kafka_producer_producer_topic_metrics_', 'org.apache.kafka.producer.topic.'],
  ['kafka_consumer_consumer_metrics_', 'org.apache.kafka.consumer.'],
  ['kafka_consumer_consumer_fetch_manager_metrics_', 'org.apache.kafka.consumer.fetch.manager.'],
  ['kafka_consumer_consumer_coordinator_metrics_', 'org.apache.kafka.consumer.coordinator.'],
  ['kafka_admin_client_admin_client_metrics_', 'org.apache.kafka.admin.client.'],
  ['ottla_consumer_', 'ottla.consumer.'],
]

/** The rows as samples whose names begin with one of the prefixes; all for `*`. */
export async function otlpSamples(
  rows: readonly MetricRow<ClientMetricSource>[],
  source: ClientMetricSource,
  wanted: readonly string[],
): Promise<OtlpSample[]> {
  const samples: OtlpSample[] = []
  for (const row of rows) {
    const name = otlpName(row.name)
    if (!wanted.some((prefix) => prefix === '*' || name.startsWith(prefix) || prefix.startsWith(name))) continue
    const isTotal = row.kind === 'counter'
    const add = (suffix: string, value: number, labels: readonly string[]): void => {
      // Brokers know the client by itself.
      const pairs = labels.map((label, at) => [row.labels![at]!, label] as const)
      const attributes = pairs.filter(([key]) => key !== 'client_id')
      samples.push({ name: `${name}${suffix}`, isTotal, attributes, value })
    }
    const reading = row.read(source, {
      isFull: false,
      value: (value, ...labels) => add('', value, labels),
      summary: (times: RecentHistogram, factor, ...labels) => {
        const recent = times.recent()
        if (recent.count === 0) return
        add('.avg', recent.mean * factor, labels)
        add('.max', recent.max * factor, labels)
      },
    })
    if (reading !== undefined) await reading
  }
  return samples.filter(({ name }) => wanted.some((prefix) => prefix === '*' || name.startsWith(prefix)))
}

function otlpName(name: string): string {
  for (const [prometheus, otlp] of PREFIXES) {
    if (name.startsWith(prometheus)) return otlp + name.slice(prometheus.length).replaceAll('_', '.')
  }
  return name.replaceAll('_', '.')
}

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const CUMULATIVE = 2
const NANOS_PER_MS = 1_000_000
const PART = 2 ** 22
const TWO_32 = 2 ** 32

/** Times are wall times in milliseconds. */
export function encodeOtlp(samples: readonly OtlpSample[], times: { startedAt: number; now: number }): Buffer {
  const byName = new Map<string, OtlpSample[]>()
  for (const sample of samples) {
    const same = byName.get(sample.name)
    if (same === undefined) byName.set(sample.name, [sample])
    else same.push(sample)
  }
  const metrics = [...byName].map(([name, ofName]) => message(2, metric(name, ofName, times)))
  const scope = message(1, text(1, '@ottla/client'))
  return message(1, message(2, Buffer.concat([scope, ...metrics])))
}

function metric(name: string, samples: readonly OtlpSample[], times: { startedAt: number; now: number }): Buffer {
  const points = Buffer.concat(samples.map((sample) => message(1, point(sample, times))))
  const { isTotal } = samples[0]!
  const sum = Buffer.concat([points, tag(2, VARINT), varint(CUMULATIVE), tag(3, VARINT), varint(1)])
  return Buffer.concat([text(1, name), isTotal ? message(7, sum) : message(5, points)])
}

function point({ attributes, value }: OtlpSample, { startedAt, now }: { startedAt: number; now: number }): Buffer {
  const number = Buffer.alloc(8)
  number.writeDoubleLE(value)
  return Buffer.concat([
    tag(2, FIXED64),
    nanos(startedAt),
    tag(3, FIXED64),
    nanos(now),
    tag(4, FIXED64),
    number,
    ...attributes.map(([key, label]) => message(7, Buffer.concat([text(1, key), message(2, text(1, label))]))),
  ])
}

/** Milliseconds as nanoseconds in 64 bits, which a number does not hold: computed in two parts. */
function nanos(timeMs: number): Buffer {
  const wholeMs = Math.floor(timeMs)
  const high = Math.floor(wholeMs / PART) * NANOS_PER_MS
  // high × 2^22 + low
  const low = (high % (TWO_32 / PART)) * PART + (wholeMs % PART) * NANOS_PER_MS
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32LE(low % TWO_32)
  bytes.writeUInt32LE(Math.floor(high / (TWO_32 / PART)) + Math.floor(low / TWO_32), 4)
  return bytes
}

function message(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([tag(field, BYTES), varint(bytes.length), bytes])
}

function text(field: number, value: string): Buffer {
  return message(field, Buffer.from(value))
}

function tag(field: number, type: number): Buffer {
  return varint((field << 3) | type)
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80)
  bytes.push(value)
  return Buffer.from(bytes)
}
