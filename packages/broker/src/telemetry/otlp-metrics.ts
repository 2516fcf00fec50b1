/**
 * Metrics as OpenTelemetry's protocol carries them (OTLP 1, MetricsData), as far as clients of Kafka send them (KIP-714): gauges and sums, and of
 * histograms and summaries count and sum.
 */
import { type ProtobufError, ProtobufReader } from './protobuf-reader.ts'

/** One number of a client. */
export interface ClientSample {
  /** As `org.apache.kafka.producer.node.request.latency.avg`. */
  readonly metric: string
  /** As `node_id=1,topic=events`, in the order of names; empty without any. */
  readonly attributes: string
  readonly value: number
}

/** A payload with more samples than this is taken as far as it goes. */
export const SAMPLES_MAX = 5000

export type { ProtobufError }

/** Throws {@link ProtobufError}. */
export function decodeMetrics(payload: Buffer): ClientSample[] {
  const samples: ClientSample[] = []
  const data = new ProtobufReader(payload)
  each(data, { 1: (resource) => each(resource.message(), { 2: (scope) => readScope(scope.message(), samples) }) })
  return samples
}

type Fields = Readonly<Record<number, (reader: ProtobufReader) => void>>

/** Reads the fields that are of use; skips the others. */
function each(reader: ProtobufReader, fields: Fields): void {
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const read = fields[field]
    if (read === undefined) reader.skip()
    else read(reader)
  }
}

function readScope(scope: ProtobufReader, samples: ClientSample[]): void {
  each(scope, { 2: (metric) => readMetric(metric.message(), samples) })
}

interface Point {
  readonly suffix: string
  readonly attributes: string
  readonly value: number
}

function readMetric(metric: ProtobufReader, samples: ClientSample[]): void {
  let name = ''
  const points: Point[] = []
  const numbers = (reader: ProtobufReader): void => {
    each(reader.message(), { 1: (point) => points.push(numberPoint(point.message())) })
  }
  const distributions = (attributesField: number) => (reader: ProtobufReader) => {
    each(reader.message(), { 1: (point) => points.push(...distribution(point.message(), attributesField)) })
  }
  each(metric, {
    1: (reader) => {
      name = reader.string()
    },
    // gauge, sum, histogram, exponential histogram, summary
    5: numbers,
    7: numbers,
    9: distributions(9),
    10: distributions(1),
    11: distributions(7),
  })
  for (const { suffix, attributes, value } of points) {
    if (samples.length >= SAMPLES_MAX) return
    samples.push({ metric: name + suffix, attributes, value })
  }
}

function numberPoint(point: ProtobufReader): Point {
  const attributes: string[] = []
  let value = 0
  each(point, {
    4: (reader) => {
      value = reader.double()
    },
    6: (reader) => {
      value = reader.sfixed64()
    },
    7: (reader) => attributes.push(attribute(reader.message())),
  })
  return { suffix: '', attributes: attributes.sort().join(','), value }
}

function distribution(point: ProtobufReader, attributesField: number): Point[] {
  const list: string[] = []
  let count = 0
  let sum = 0
  each(point, {
    4: (reader) => {
      count = reader.fixed64()
    },
    5: (reader) => {
      sum = reader.double()
    },
    [attributesField]: (reader) => list.push(attribute(reader.message())),
  })
  const attributes = list.sort().join(',')
  return [
    { suffix: '.count', attributes, value: count },
    { suffix: '.sum', attributes, value: sum },
  ]
}

function attribute(pair: ProtobufReader): string {
  let key = ''
  let value = ''
  each(pair, {
    1: (reader) => {
      key = reader.string()
    },
    2: (reader) => {
      value = anyValue(reader.message())
    },
  })
  return `${key}=${value}`
}

/** Lists and maps are left out. */
function anyValue(value: ProtobufReader): string {
  let text = ''
  each(value, {
    1: (reader) => {
      text = reader.string()
    },
    2: (reader) => {
      text = String(reader.integer() !== 0)
    },
    3: (reader) => {
      text = String(reader.integer())
    },
    4: (reader) => {
      text = String(reader.double())
    },
  })
  return text
}
