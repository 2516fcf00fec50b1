/** Records as JSON: in the shape of `--json`, in kcat's envelope, and back. */
import type { ConsumerRecord, HeadersInit } from '@ottla/client'
import { Failure } from '../usage-problem.ts'

/** Text, or bytes that are none. */
export type JsonBytes = string | { readonly base64: string } | null

export interface JsonRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly timestampType: string
  readonly key: JsonBytes
  readonly value: JsonBytes
  readonly headers: readonly { readonly key: string; readonly value: JsonBytes }[]
}

/** What is needed to send a record. */
export interface RecordInit {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: HeadersInit
  readonly timestamp: number | undefined
  readonly partition: number | undefined
}

export function toJsonRecord(record: ConsumerRecord): JsonRecord {
  const { topic, partition, offset, timestamp, timestampType, key, value, headers } = record
  return {
    topic,
    partition,
    offset,
    timestamp,
    timestampType,
    key: jsonBytes(key),
    value: jsonBytes(value),
    headers: headers.map((header) => ({ key: header.key, value: jsonBytes(header.value) })),
  }
}

/** As `kcat -J` prints it. Bytes that are no text are shown as kcat's users know them: as text nevertheless. */
export function toEnvelope(record: ConsumerRecord): unknown {
  const { topic, partition, offset, timestamp, timestampType, key, value, headers } = record
  return {
    topic,
    partition,
    offset,
    tstype: timestampType === 'CreateTime' ? 'create' : timestampType === 'LogAppendTime' ? 'logappend' : 'unknown',
    ts: timestamp,
    ...(headers.length === 0
      ? {}
      : { headers: headers.flatMap((header) => [header.key, header.value?.toString('utf8') ?? null]) }),
    key: key?.toString('utf8') ?? null,
    payload: value?.toString('utf8') ?? null,
  }
}

/** Reads either shape. Throws {@link Failure}. */
export function fromJsonRecord(text: string): RecordInit {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw new Failure(`this is no JSON: ${(error as Error).message}`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new Failure('a record is a JSON object')
  const fields = parsed as Record<string, unknown>
  return {
    key: bytesOf(fields['key'], 'key'),
    value: bytesOf('payload' in fields ? fields['payload'] : fields['value'], 'value'),
    headers: headersOf(fields['headers']),
    timestamp: numberOf('ts' in fields ? fields['ts'] : fields['timestamp'], 'timestamp'),
    partition: numberOf(fields['partition'], 'partition'),
  }
}

function jsonBytes(bytes: Buffer | null): JsonBytes {
  if (bytes === null) return null
  const text = bytes.toString('utf8')
  return isText(bytes, text) ? text : { base64: bytes.toString('base64') }
}

/** Whether the bytes are the UTF-8 of the text. */
export function isText(bytes: Buffer, text: string): boolean {
  return !text.includes('\ufffd') || Buffer.from(text, 'utf8').equals(bytes)
}

function bytesOf(value: unknown, what: string): Buffer | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return Buffer.from(value)
  const { base64 } = value as { base64?: unknown }
  if (typeof base64 === 'string' && Object.keys(value as object).length === 1) return Buffer.from(base64, 'base64')
  if (typeof value === 'object' || typeof value === 'number' || typeof value === 'boolean')
    return Buffer.from(JSON.stringify(value))
  throw new Failure(`${what} is text, {"base64": …}, null, or a JSON value that is sent as it is`)
}

function numberOf(value: unknown, what: string): number | undefined {
  if (value === undefined || value === null || value === -1) return undefined
  if (typeof value === 'number' && Number.isInteger(value)) return value
  throw new Failure(`${what} is a whole number, not ${JSON.stringify(value)}`)
}

/** `[{key, value}]`, `[name, value, name, value]`, or `{name: value}`. */
function headersOf(value: unknown): HeadersInit {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value))
    return Object.entries(value as object).map(([key, each]) => ({ key, value: bytesOf(each, 'header') }))
  if (value.every((each) => typeof each === 'object' && each !== null)) {
    return value.map(({ key, value: each }) => ({ key: String(key), value: bytesOf(each, 'header') }))
  }
  const pairs: { key: string; value: Buffer | null }[] = []
  for (let at = 0; at + 1 < value.length; at += 2)
    pairs.push({ key: String(value[at]), value: bytesOf(value[at + 1], 'header') })
  return pairs
}
