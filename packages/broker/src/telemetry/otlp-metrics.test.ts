import { deepEqual, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { decodeMetrics } from './otlp-metrics.ts'
import { ProtobufError } from './protobuf-reader.ts'

const VARINT = 0
const FIXED64 = 1
const BYTES = 2

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80)
  return Buffer.from([...bytes, value])
}

function field(number: number, value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([varint(number * 8 + BYTES), varint(bytes.length), bytes])
}

function double(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return Buffer.concat([varint(number * 8 + FIXED64), bytes])
}

function fixed64(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt(value))
  return Buffer.concat([varint(number * 8 + FIXED64), bytes])
}

function text(key: string, value: string): Buffer {
  return Buffer.concat([field(1, key), field(2, field(1, value))])
}

function payloadOf(...metrics: Buffer[]): Buffer {
  const scope = Buffer.concat(metrics.map((metric) => field(2, metric)))
  return field(1, Buffer.concat([field(1, field(1, text('service', 'x'))), field(2, scope)]))
}

test('gauges and sums are read, with their attributes in order and whatever kind of number they are', () => {
  const gauge = field(5, field(1, Buffer.concat([double(4, 1.5), field(7, text('b', '2')), field(7, text('a', '1'))])))
  const sum = field(7, Buffer.concat([field(1, fixed64(6, -7)), varint(2 * 8 + VARINT), varint(2)]))
  const payload = payloadOf(
    Buffer.concat([field(1, 'latency'), field(3, 'ms'), gauge]),
    Buffer.concat([field(1, 'total'), sum]),
  )
  deepEqual(decodeMetrics(payload), [
    { metric: 'latency', attributes: 'a=1,b=2', value: 1.5 },
    { metric: 'total', attributes: '', value: -7 },
  ])
})

test('of histograms count and sum are kept', () => {
  const histogram = field(9, field(1, Buffer.concat([fixed64(4, 3), double(5, 12.5), field(9, text('topic', 't'))])))
  deepEqual(decodeMetrics(payloadOf(Buffer.concat([field(1, 'h'), histogram]))), [
    { metric: 'h.count', attributes: 'topic=t', value: 3 },
    { metric: 'h.sum', attributes: 'topic=t', value: 12.5 },
  ])
})

test('nothing is no metrics; what is cut off anywhere is refused or read as far as whole fields go, and never more', () => {
  deepEqual(decodeMetrics(Buffer.alloc(0)), [])
  const payload = payloadOf(Buffer.concat([field(1, 'latency'), field(5, field(1, double(4, 1)))]))
  for (let length = 1; length < payload.length; length++) {
    throws(() => decodeMetrics(payload.subarray(0, length)), ProtobufError, `${length} bytes`)
  }
  throws(() => decodeMetrics(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])), ProtobufError)
  throws(() => decodeMetrics(Buffer.alloc(12, 0xff)), ProtobufError)
})
