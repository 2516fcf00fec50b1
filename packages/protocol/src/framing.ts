/**
 * The frames in which records are stored. Three of them:
 *
 *     metadata, remote log    uvarint frame version (1), uvarint type, uvarint version, body
 *     coordinator key         int16 type, body of version 0
 *     coordinator value       int16 version, body; so too some blobs ("versioned data"), as subscriptions in JoinGroup
 */

import {
  type KeyedRecordInitOf,
  type KeyedRecordOf,
  type KeyedRecordSet,
  type KeyOf,
  METADATA_RECORDS,
  type MetadataRecord,
  type MetadataRecordInit,
  REMOTE_LOG_RECORDS,
  type RecordSet,
  type RemoteLogRecord,
  type RemoteLogRecordInit,
  type UnknownRecord,
} from './record-sets.ts'
import { codecOf } from './schema/codec.ts'
import type { Fields, StructInit, StructValue } from './schema/field.ts'
import type { Schema } from './schema/schema.ts'
import { malformed, ProtocolError } from './wire/protocol-error.ts'
import { Reader } from './wire/reader.ts'
import { Writer } from './wire/writer.ts'

const FRAME_VERSION = 1

/** The value of a record of the metadata log. */
export function encodeMetadataRecord(record: MetadataRecordInit): Buffer {
  return encodeTyped(METADATA_RECORDS[record.kind], record.version, record.value)
}

/** The values of records one after the other, in memory that is used again: each holds until the next is asked for. */
export function* encodeMetadataRecords(records: Iterable<MetadataRecordInit>): Generator<Buffer, void> {
  const writer = new Writer()
  for (const { kind, version, value } of records) {
    writeTyped(writer, METADATA_RECORDS[kind], { version, value })
    yield writer.take()
  }
  writer.discard()
}

/** Throws ProtocolError: UNSUPPORTED_VERSION for a frame, type or version that is not known, MALFORMED for damage. */
export function decodeMetadataRecord(buffer: Buffer): MetadataRecord {
  return decodeTyped(METADATA_RECORDS, buffer) as MetadataRecord
}

/** The value of a record of `__remote_log_metadata`. */
export function encodeRemoteLogRecord(record: RemoteLogRecordInit): Buffer {
  return encodeTyped(REMOTE_LOG_RECORDS[record.kind], record.version, record.value)
}

/** Throws as {@link decodeMetadataRecord} does. */
export function decodeRemoteLogRecord(buffer: Buffer): RemoteLogRecord {
  return decodeTyped(REMOTE_LOG_RECORDS, buffer) as RemoteLogRecord
}

/** The key of a coordinator's record. */
export function encodeCoordinatorKey<F extends Fields>(schema: Schema<F>, key: StructInit<F>): Buffer {
  return encodeBehindInt16(schema, schema.key, { version: schema.versions.min, value: key })
}

/** The value of a coordinator's record. */
export function encodeCoordinatorValue<F extends Fields>(
  schema: Schema<F>,
  version: number,
  value: StructInit<F>,
): Buffer {
  return encodeVersioned(schema, version, value)
}

/** Reads a key of one of the keyed sets, such as GROUP_RECORDS. Throws ProtocolError MALFORMED. */
export function decodeCoordinatorKey<S extends KeyedRecordSet>(set: S, buffer: Buffer): KeyOf<S> | UnknownRecord {
  const reader = new Reader(buffer)
  const type = reader.int16()
  const kind = kindsOf(set)[type]
  if (kind === undefined) return { kind: 'unknown', type }
  const schema = set[kind]!.key
  const key = codecOf(schema, schema.versions.min).decode(reader)
  return { kind, key } as KeyOf<S>
}

/** Reads a value. Throws ProtocolError, UNSUPPORTED_VERSION among them. */
export function decodeCoordinatorValue<F extends Fields>(
  schema: Schema<F>,
  buffer: Buffer,
): { readonly version: number; readonly value: StructValue<F> } {
  return decodeVersioned(schema, buffer)
}

/** Key and value of a coordinator's record. */
export function encodeCoordinatorRecord<S extends KeyedRecordSet>(
  set: S,
  record: KeyedRecordInitOf<S>,
): { readonly key: Buffer; readonly value: Buffer | null } {
  const schemas = set[record.kind]!
  return {
    key: encodeCoordinatorKey(schemas.key, record.key),
    value: 'version' in record ? encodeVersioned(schemas.value, record.version, record.value) : null,
  }
}

/** Reads a coordinator's record. One of an unknown type comes back as such, so that loading can skip it. */
export function decodeCoordinatorRecord<S extends KeyedRecordSet>(
  set: S,
  key: Buffer,
  value: Buffer | null,
): KeyedRecordOf<S> | UnknownRecord {
  const decoded: { readonly kind: string } = decodeCoordinatorKey(set, key)
  const schemas = set[decoded.kind]
  if (schemas === undefined) return decoded as UnknownRecord
  const rest = value === null ? { value: null } : decodeVersioned(schemas.value, value)
  return { ...decoded, ...rest } as unknown as KeyedRecordOf<S>
}

/** A body behind two bytes of version. */
export function encodeVersioned<F extends Fields>(schema: Schema<F>, version: number, value: StructInit<F>): Buffer {
  return encodeBehindInt16(schema, version, { version, value })
}

/**
 * Reads a body behind two bytes of version. `accept-newer` reads a version that came after this release as the newest known and
 * leaves the rest unread, as the consumer protocol and control records are meant to be read.
 */
export function decodeVersioned<F extends Fields>(
  schema: Schema<F>,
  buffer: Buffer,
  newer: 'refuse-newer' | 'accept-newer' = 'refuse-newer',
): { readonly version: number; readonly value: StructValue<F> } {
  const reader = new Reader(buffer)
  const version = reader.int16()
  const { max } = schema.versions
  const known = newer === 'accept-newer' && version > max ? max : version
  return { version, value: codecOf(schema, known).decode(reader) }
}

function encodeTyped(schema: Schema, version: number, value: object): Buffer {
  const writer = new Writer()
  writeTyped(writer, schema, { version, value })
  return writer.toBuffer()
}

function writeTyped(
  writer: Writer,
  schema: Schema,
  { version, value }: { readonly version: number; readonly value: object },
): void {
  writer.uvarint(FRAME_VERSION)
  writer.uvarint(schema.key)
  writer.uvarint(version)
  codecOf(schema, version).encode(writer, value)
}

function decodeTyped(set: RecordSet, buffer: Buffer): object {
  const reader = new Reader(buffer)
  const frame = reader.uvarint()
  if (frame !== FRAME_VERSION) throw new ProtocolError('UNSUPPORTED_VERSION', `frame version ${frame}`)
  const type = reader.uvarint()
  const version = reader.uvarint()
  const kind = kindsOf(set)[type]
  if (kind === undefined) throw new ProtocolError('UNSUPPORTED_VERSION', `record type ${type} is not known`)
  const value = codecOf(set[kind]!, version).decode(reader)
  if (reader.remaining > 0) malformed(`${reader.remaining} bytes left over after ${kind} version ${version}`)
  return { kind, version, value }
}

function encodeBehindInt16<F extends Fields>(
  schema: Schema<F>,
  prefix: number,
  { version, value }: { readonly version: number; readonly value: StructInit<F> },
): Buffer {
  const writer = new Writer()
  writer.int16(prefix)
  codecOf(schema, version).encode(writer, value)
  return writer.toBuffer()
}

/** Kinds of a set by their type number, made once per set. */
const kinds = new WeakMap<object, readonly (string | undefined)[]>()

function kindsOf(set: RecordSet | KeyedRecordSet): readonly (string | undefined)[] {
  const known = kinds.get(set)
  if (known !== undefined) return known
  const made: (string | undefined)[] = []
  for (const [kind, entry] of Object.entries(set)) {
    const schema: Schema = 'value' in entry ? (entry.key as Schema) : (entry as Schema)
    made[schema.key] = kind
  }
  kinds.set(set, made)
  return made
}
