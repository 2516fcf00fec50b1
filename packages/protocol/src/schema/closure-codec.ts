/** Builds the codec of one version out of closures. No code is made from text, so it works under any content security policy. */

import { notNullable, type Reader, type UnknownTag } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'
import type { Decode, Encode } from './codec.ts'
import { invalidValue, isDefault, writeRecords } from './codec-support.ts'
import type { Kind } from './field.ts'
import { type FieldPlan, fixedBytes, type MessagePlan, type StructPlan, type TypePlan } from './plan.ts'

type Read = (reader: Reader) => unknown
type Write = (writer: Writer, value: never) => void
type Struct = Record<string, unknown>

// A struct's reader or writer is found by the struct's id; inner structs come before those that hold them.

export function closureDecoder(plan: MessagePlan): Decode {
  const made: Read[] = []
  for (const struct of plan.structs) made[struct.id] = structReader(struct, made)
  return made[plan.root.id]!
}

export function closureEncoder(plan: MessagePlan): Encode {
  const made: Write[] = []
  for (const struct of plan.structs) made[struct.id] = structWriter(struct, made)
  return made[plan.root.id] as Encode
}

function structReader(plan: StructPlan, made: readonly Read[]): Read {
  const steps = plan.fields.map((field) => ({
    name: field.name,
    read: field.present && field.tag < 0 ? valueReader(field.type, made, 'plain') : undefined,
    defaultValue: field.defaultValue,
  }))
  const tagged = new Map(
    plan.tagged.map((field) => [field.tag, { name: field.name, read: valueReader(field.type, made, 'tagged') }]),
  )
  return (reader) => {
    const value: Struct = {}
    for (const { name, read, defaultValue } of steps) value[name] = read === undefined ? defaultValue : read(reader)
    if (plan.flexible) readTags(reader, value, tagged)
    return value
  }
}

function readTags(reader: Reader, value: Struct, tagged: ReadonlyMap<number, { name: string; read: Read }>): void {
  let unknownTags: UnknownTag[] | undefined
  let tag = -1
  for (let left = reader.tagCount(); left > 0; left--) {
    tag = reader.nextTag(tag)
    const end = reader.tagEnd()
    const field = tagged.get(tag)
    if (field !== undefined) value[field.name] = field.read(reader)
    else (unknownTags ??= []).push(reader.unknownTag(tag, end))
    reader.expectPosition(end)
  }
  if (unknownTags !== undefined) value['unknownTags'] = unknownTags
}

function valueReader(type: TypePlan, made: readonly Read[], place: 'plain' | 'tagged'): Read {
  switch (type.kind) {
    case 'string':
    case 'bytes':
    case 'records':
      return lengthPrefixedReader(type)
    case 'array':
      return arrayReader(type, made)
    case 'struct': {
      const read = made[type.struct!.id]!
      if (!type.nullable) return read
      return place === 'tagged'
        ? (reader) => (reader.int8() <= 0 ? null : read(reader))
        : (reader) => (reader.int8() < 0 ? null : read(reader))
    }
    default: {
      const { kind } = type
      return (reader) => reader[kind]()
    }
  }
}

function lengthPrefixedReader(type: TypePlan): Read {
  if (type.kind === 'string') {
    if (type.compact) return type.nullable ? (r) => r.compactNullableString() : (r) => r.compactString()
    return type.nullable ? (r) => r.nullableString() : (r) => r.string()
  }
  if (type.compact) return type.nullable ? (r) => r.compactNullableBytes() : (r) => r.compactBytes()
  return type.nullable ? (r) => r.nullableBytes() : (r) => r.bytes()
}

function arrayReader(type: TypePlan, made: readonly Read[]): Read {
  const element = type.element!
  const { minBytes } = element
  const read = valueReader(element, made, 'plain')
  const counted = fixedBytes(element.kind) === undefined
  return (reader) => {
    const count = type.compact ? reader.compactArrayCount(minBytes) : reader.arrayCount(minBytes)
    if (count < 0) return type.nullable ? null : notNullable('array')
    if (counted) reader.spendElements(count)
    const values = new Array<unknown>(count)
    for (let index = 0; index < count; index++) values[index] = read(reader)
    return values
  }
}

function structWriter(plan: StructPlan, made: readonly Write[]): Write {
  const plain = plan.plain.map((field) => ({ field, write: valueWriter(field, made) as Write }))
  const tagged = plan.tagged.map((field) => ({ field, write: valueWriter(field, made) as Write }))
  return (writer, value: Readonly<Struct>) => {
    for (const { field, write } of plain) {
      const given = value[field.name]
      write(writer, (given === undefined ? field.defaultValue : given) as never)
    }
    if (plan.flexible) writeTags(writer, value, tagged)
  }
}

function writeTags(writer: Writer, value: Readonly<Struct>, tagged: { field: FieldPlan; write: Write }[]): void {
  const unknownTags = (value['unknownTags'] ?? []) as readonly UnknownTag[]
  const set = tagged.filter(({ field }) => !isDefault(field.type, value[field.name], field.defaultValue))
  writer.uvarint(set.length + unknownTags.length)
  let index = 0
  for (const { field, write } of set) {
    index = writer.unknownTags(unknownTags, index, field.tag)
    const at = writer.beginTag(field.tag)
    write(writer, value[field.name] as never)
    writer.endTag(at)
  }
  writer.unknownTags(unknownTags, index, Infinity)
}

function valueWriter(field: FieldPlan, made: readonly Write[]): Write {
  return typeWriter(field.type, { name: field.name, made, nullStruct: field.tag >= 0 ? 0 : -1 })
}

interface Place {
  readonly name: string
  readonly made: readonly Write[]
  /** The byte of a null struct. */
  readonly nullStruct: 0 | -1
}

function typeWriter(type: TypePlan, place: Place): Write {
  const write = presentWriter(type, place)
  const writeNull = type.nullable ? nullWriter(type, place.nullStruct) : undefined
  return (writer, value) => {
    if (value !== null) write(writer, value)
    else if (writeNull !== undefined) writeNull(writer)
    else invalidValue(place.name, null)
  }
}

function nullWriter(type: TypePlan, nullStruct: 0 | -1): (writer: Writer) => void {
  if (type.kind === 'struct') return (writer) => writer.int8(nullStruct)
  if (type.compact) return (writer) => writer.uvarint(0)
  return type.kind === 'string' ? (writer) => writer.int16(-1) : (writer) => writer.int32(-1)
}

function presentWriter(type: TypePlan, place: Place): Write {
  switch (type.kind) {
    case 'string':
      return type.compact
        ? (writer, value: string) => writer.compactString(value)
        : (writer, value: string) => writer.string(value)
    case 'bytes':
    case 'records':
      return (writer, value: Buffer | readonly Buffer[]) => writeRecords(writer, value, type.compact ? 1 : 0)
    case 'struct': {
      const write = place.made[type.struct!.id]!
      if (!type.nullable) return write
      return (writer, value) => {
        writer.int8(1)
        write(writer, value)
      }
    }
    case 'array': {
      const write = typeWriter(type.element!, { ...place, nullStruct: -1 })
      return (writer, values: readonly never[]) => {
        if (type.compact) writer.uvarint(values.length + 1)
        else writer.int32(values.length)
        for (const value of values) write(writer, value)
      }
    }
    default:
      return fixedWriter(type.kind, place.name)
  }
}

function fixedWriter(kind: Exclude<Kind, 'string' | 'bytes' | 'records' | 'struct' | 'array'>, name: string): Write {
  if (kind === 'bool') return (writer, value: boolean) => writer.int8(value ? 1 : 0)
  const range = INTEGER_RANGES[kind]
  if (range === undefined) return (writer, value) => writer[kind](value)
  const [min, max] = range
  return (writer, value: number) => {
    if (!Number.isInteger(value) || value < min || value > max) invalidValue(name, value)
    writer[kind as 'int32'](value)
  }
}

const INTEGER_RANGES: { readonly [K in Kind]?: readonly [min: number, max: number] } = {
  int8: [-0x80, 0x7f],
  int16: [-0x8000, 0x7fff],
  uint16: [0, 0xffff],
  int32: [-0x8000_0000, 0x7fff_ffff],
  uint32: [0, 0xffff_ffff],
}
