/** What both kinds of codec share: the parts that are too rare or too involved to be generated. */

import { ProtocolError } from '../wire/protocol-error.ts'
import type { UnknownTag } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'
import type { StructPlan, TypePlan } from './plan.ts'

/** Throws: `field` cannot be written as it is. */
export function invalidValue(field: string, value: unknown): never {
  const shown = typeof value === 'object' && value !== null ? 'an object' : String(value)
  throw new ProtocolError('INVALID_VALUE', `${field} cannot be ${shown}`)
}

/** Writes record batches given as one buffer or as several. */
export function writeRecords(writer: Writer, value: Buffer | readonly Buffer[], compact: 0 | 1): void {
  if (Buffer.isBuffer(value)) {
    if (compact === 1) writer.compactBytes(value)
    else writer.bytes(value)
    return
  }
  let length = 0
  for (const buffer of value) length += buffer.length
  if (compact === 1) writer.uvarint(length + 1)
  else writer.int32(length)
  for (const buffer of value) writer.raw(buffer)
}

/** Writes the tags after the last known one. */
export function writeUnknownTags(writer: Writer, tags: readonly UnknownTag[], index: number): void {
  writer.unknownTags(tags, index, Infinity)
}

/** True when `value` need not be written: it is left out, or equals the default. Only tagged fields ask. */
export function isDefault(type: TypePlan, value: unknown, defaultValue: unknown): boolean {
  if (value === undefined || value === defaultValue) return true
  if (value === null || defaultValue === null) return false
  switch (type.kind) {
    case 'bytes':
    case 'array':
      return (value as { length: number }).length === 0
    case 'records':
      return (Array.isArray(value) ? value : [value as Buffer]).every((buffer: Buffer) => buffer.length === 0)
    case 'struct':
      return isDefaultStruct(type.struct!, value as Readonly<Record<string, unknown>>)
    default:
      return false
  }
}

function isDefaultStruct(plan: StructPlan, value: Readonly<Record<string, unknown>>): boolean {
  const unknownTags = value['unknownTags'] as readonly UnknownTag[] | undefined
  if (unknownTags !== undefined && unknownTags.length > 0) return false
  return plan.fields.every((field) => !field.present || isDefault(field.type, value[field.name], field.defaultValue))
}
