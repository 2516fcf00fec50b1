/** From a record to what is printed of it. */
import type { ConsumerRecord } from '@ottla/client'
import { formatInt64 } from '@ottla/stdx'
import type { Properties } from '../shared/client-properties.ts'
import { type Deserializer, deserializer } from './deserializers.ts'

/** A record; those of share groups know how often they were delivered. */
export type PrintedRecord = ConsumerRecord & { readonly deliveryCount?: number }

/** Bytes that stand for the record; none for a formatter that prints nothing. */
export type MessageFormatter = (record: PrintedRecord) => Uint8Array

/** Fields in Kafka's order, with the separators of the properties. */
export function defaultFormatter(properties: Properties): MessageFormatter {
  const isTrue = (name: string, fallback: string) => (properties.get(name) ?? fallback).trim().toLowerCase() === 'true'
  const shown = {
    timestamp: isTrue('print.timestamp', 'false'),
    partition: isTrue('print.partition', 'false'),
    offset: isTrue('print.offset', 'false'),
    delivery: isTrue('print.delivery', 'false'),
    epoch: isTrue('print.epoch', 'false'),
    headers: isTrue('print.headers', 'false'),
    key: isTrue('print.key', 'false'),
    value: isTrue('print.value', 'true'),
  }
  const keySeparator = Buffer.from(properties.get('key.separator') ?? '\t')
  const lineSeparator = Buffer.from(properties.get('line.separator') ?? '\n')
  const headersSeparator = Buffer.from(properties.get('headers.separator') ?? ',')
  const nullLiteral = Buffer.from(properties.get('null.literal') ?? 'null')
  const decoders = {
    key: optionalDeserializer(properties.get('key.deserializer')),
    value: optionalDeserializer(properties.get('value.deserializer')),
    header: optionalDeserializer(properties.get('headers.deserializer')),
  }
  const bytesOf = (bytes: Buffer | null, decode: Deserializer) => decode(bytes ?? nullLiteral)
  return (record) => {
    const fields: Uint8Array[] = []
    if (shown.timestamp) fields.push(Buffer.from(timestampText(record)))
    if (shown.partition) fields.push(Buffer.from(`Partition:${record.partition}`))
    if (shown.offset) fields.push(Buffer.from(`Offset:${formatInt64(record.offset)}`))
    if (shown.delivery) fields.push(Buffer.from(`Delivery:${record.deliveryCount ?? 'NOT_PRESENT'}`))
    // The consumer of Kafka's tool hands on no epochs either.
    if (shown.epoch) fields.push(Buffer.from('Epoch:NOT_PRESENT'))
    if (shown.headers) {
      const headers = record.headers.map(({ key, value }) =>
        Buffer.concat([Buffer.from(`${key}:`), bytesOf(value, decoders.header)]),
      )
      fields.push(headers.length === 0 ? NO_HEADERS : joined(headers, headersSeparator))
    }
    if (shown.key) fields.push(bytesOf(record.key, decoders.key))
    if (shown.value) fields.push(bytesOf(record.value, decoders.value))
    return Buffer.concat([joined(fields, keySeparator), lineSeparator])
  }
}

/** Prints nothing. */
export const noOpFormatter: MessageFormatter = () => NOTHING

const NOTHING = Buffer.alloc(0)
const NO_HEADERS = Buffer.from('NO_HEADERS')

function optionalDeserializer(className: string | undefined): Deserializer {
  return className === undefined ? (bytes) => bytes : deserializer(className)
}

function timestampText({ timestamp, timestampType }: ConsumerRecord): string {
  return timestampType === 'NoTimestampType' ? 'NO_TIMESTAMP' : `${timestampType}:${formatInt64(timestamp)}`
}

function joined(parts: readonly Uint8Array[], separator: Uint8Array): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const all: Uint8Array[] = []
  parts.forEach((part, index) => {
    if (index > 0) all.push(separator)
    all.push(part)
  })
  return Buffer.concat(all)
}
