/** What the records of topics say, as text. */
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  codecOf,
  decodeCoordinatorKey,
  decodeMetadataRecord,
  decodeRemoteLogRecord,
  decodeVersioned,
  GROUP_RECORDS,
  GroupMetadataValue,
  type KeyedRecordSet,
  type Record as LogRecord,
  METADATA_RECORDS,
  ProtocolError,
  REMOTE_LOG_RECORDS,
  Reader,
  type Schema,
  SHARE_RECORDS,
  TRANSACTION_RECORDS,
  toJsonText,
} from '@ottla/protocol'
import { formatInt64 } from '@ottla/stdx'
import { ToolError } from '../options/usage-error.ts'
import { withCause } from '../shared/error-text.ts'

/** Undefined: there is nothing to show. */
export interface DecodedRecord {
  readonly key: string | undefined
  readonly payload: string | undefined
}

export type RecordDecoder = (record: LogRecord) => DecodedRecord

/** Records of `__consumer_offsets`. */
export const decodeGroupRecord = coordinatorDecoder(GROUP_RECORDS, (schema, value) =>
  (schema as unknown) === GroupMetadataValue ? groupMetadataPayload(value) : payloadOf(schema, value),
)
/** Records of `__transaction_state`. */
export const decodeTransactionRecord = coordinatorDecoder(TRANSACTION_RECORDS, payloadOf)
/** Records of `__share_group_state`. */
export const decodeShareRecord = coordinatorDecoder(SHARE_RECORDS, payloadOf)

/** Records of `__cluster_metadata`, of its snapshots too. */
export function decodeClusterRecord({ offset, value }: LogRecord): DecodedRecord {
  try {
    const { kind, version, value: decoded } = decodeMetadataRecord(value ?? Buffer.alloc(0))
    const type = kind.replace(/(?<!^)([A-Z])/g, '_$1').toUpperCase()
    const data = toJsonText(METADATA_RECORDS[kind] as Schema, version, decoded as object)
    return { key: undefined, payload: `{"type":"${type}","version":${version},"data":${data}}` }
  } catch (error) {
    return { key: undefined, payload: `Error at ${offset}, skipping. ${messageOf(error)}` }
  }
}

/** Records of `__remote_log_metadata`. */
export function decodeRemoteRecord({ offset, key, value }: LogRecord): DecodedRecord {
  const shownKey = key === null ? undefined : key.toString('utf8')
  try {
    const { kind, version, value: decoded } = decodeRemoteLogRecord(value ?? Buffer.alloc(0))
    const data = toJsonText(REMOTE_LOG_RECORDS[kind] as Schema, version, decoded as object)
    return { key: shownKey, payload: `{"type":"${kind}","version":${version},"data":${data}}` }
  } catch (error) {
    return { key: shownKey, payload: `Error at offset ${offset}, skipping. ${messageOf(error)}` }
  }
}

const BYTES_DECODERS: Readonly<Record<string, (bytes: Buffer) => string>> = {
  StringDecoder: (bytes) => bytes.toString('utf8'),
  DefaultDecoder: (bytes) => bytes.toString('utf8'),
  IntegerDecoder: (bytes) => String(bytes.readInt32BE(0)),
  LongDecoder: (bytes) => formatInt64(new Reader(bytes).int64()),
}

/** Keys and values by the names of Kafka's classes. Throws ToolError for one of somebody else. */
export function bytesDecoder(keyClass: string, valueClass: string): RecordDecoder {
  const keyText = decoderOf(keyClass)
  const valueText = decoderOf(valueClass)
  return ({ key, value }) => ({
    key: key === null ? undefined : keyText(key),
    payload: value === null ? undefined : valueText(value),
  })
}

function decoderOf(className: string): (bytes: Buffer) => string {
  const decoder = /^(?:org\.apache\.kafka\.tools\.api|kafka\.serializer)\.(\w+)$/.exec(className)?.[1]
  const found = decoder === undefined ? undefined : BYTES_DECODERS[decoder]
  if (found === undefined) throw new ToolError(withCause('Failed to load decoder class', className))
  return found
}

function coordinatorDecoder(set: KeyedRecordSet, payload: (schema: Schema, value: Buffer) => string): RecordDecoder {
  return ({ offset, key, value }) => {
    if (key === null) {
      throw new ToolError(
        `Failed to decode message at offset ${offset} using the specified decoder (message had a missing key)`,
      )
    }
    try {
      const decoded = decodeCoordinatorKey(set, key) as { kind: string; type?: number; key?: object }
      const schemas = set[decoded.kind]
      if (schemas === undefined) {
        return { key: `Unknown record type ${decoded.type} at offset ${offset}, skipping.`, payload: undefined }
      }
      const data = toJsonText(schemas.key, schemas.key.versions.min, decoded.key ?? {})
      return {
        key: `{"type":"${schemas.key.key}","data":${data}}`,
        payload: value === null ? '<DELETE>' : payload(schemas.value, value),
      }
    } catch (error) {
      return { key: `Error at offset ${offset}, skipping. ${messageOf(error)}`, payload: undefined }
    }
  }
}

function payloadOf(schema: Schema, bytes: Buffer): string {
  const { version, value } = decodeVersioned(schema, bytes)
  return `{"version":"${version}","data":${toJsonText(schema, version, value as object)}}`
}

/** Of consumers, what members subscribe to and have is shown too. */
function groupMetadataPayload(bytes: Buffer): string {
  const { version, value } = decodeVersioned(GroupMetadataValue, bytes)
  const plain = toJsonText(GroupMetadataValue, version, value)
  if (value.protocolType !== 'consumer') return `{"version":"${version}","data":${plain}}`
  const members = value.members.map((member) => {
    const without = toJsonText(GroupMetadataValue, version, {
      members: [{ ...member, subscription: MARK, assignment: MARK }],
    })
    const text = without.slice(without.indexOf('"members":[') + '"members":['.length, -']}'.length)
    return text
      .replace(
        `"subscription":"${MARK_TEXT}"`,
        () => `"subscription":${protocolText(ConsumerProtocolSubscription, member.subscription)}`,
      )
      .replace(
        `"assignment":"${MARK_TEXT}"`,
        () => `"assignment":${protocolText(ConsumerProtocolAssignment, member.assignment)}`,
      )
  })
  const head = toJsonText(GroupMetadataValue, version, { ...value, members: [] })
  const data = `${head.slice(0, -'[]}'.length)}[${members.join(',')}]}`
  return `{"version":"${version}","data":${data}}`
}

const MARK = Buffer.from('a blob that is shown otherwise')
const MARK_TEXT = MARK.toString('base64')

function protocolText(schema: Schema, bytes: Buffer): string {
  if (bytes.length < 2) return JSON.stringify(bytes.toString('base64'))
  try {
    const { version, value } = decodeVersioned(schema, bytes, 'accept-newer')
    return toJsonText(schema, Math.min(version, schema.versions.max), value as object)
  } catch (error) {
    if (error instanceof ProtocolError) return JSON.stringify(bytes.toString('base64'))
    throw error
  }
}

function messageOf(error: unknown): string {
  if (error instanceof ProtocolError || error instanceof RangeError) return error.message
  throw error
}

/** A message that has its version in its first two bytes, as control records have. */
export function selfVersionedText(schema: Schema, bytes: Buffer): string {
  const known = Math.min(bytes.readInt16BE(0), schema.versions.max)
  const value = codecOf(schema, known).decode(new Reader(bytes))
  return toJsonText(schema, known, value as object)
}
