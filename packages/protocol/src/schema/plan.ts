/**
 * A schema seen from one version: which fields are there, which are tagged, what is null, what the defaults are. Both kinds of codec
 * and the JSON form are made from plans, so that only this file knows what a version range means.
 */

import { ProtocolError } from '../wire/protocol-error.ts'
import { UUID_BYTES, ZERO_UUID } from '../wire/uuid.ts'
import type { Field, Fields, Kind } from './field.ts'
import type { Schema } from './schema.ts'
import { ALL_VERSIONS, hasVersion, NO_VERSIONS, parseVersions } from './versions.ts'

/** One value on the wire: a field's, or an array element's. */
export interface TypePlan {
  readonly kind: Kind
  readonly nullable: boolean
  /** Compact lengths. */
  readonly compact: boolean
  /** Elements of an array. */
  readonly element: TypePlan | undefined
  /** Fields of a struct. */
  readonly struct: StructPlan | undefined
  /** The fewest bytes that the value can take. */
  readonly minBytes: number
}

export interface FieldPlan {
  readonly name: string
  readonly type: TypePlan
  /** False when this version lacks the field. */
  readonly present: boolean
  /** −1 when the field is not tagged in this version. */
  readonly tag: number
  /** Frozen, shared by all messages. */
  readonly defaultValue: unknown
  readonly ignorable: boolean
}

export interface StructPlan {
  /** Names the struct within its message, for functions made from it. */
  readonly id: number
  /** All fields of the definition, in its order. */
  readonly fields: readonly FieldPlan[]
  /** Those written one after the other. */
  readonly plain: readonly FieldPlan[]
  /** Tagged ones, by tag. */
  readonly tagged: readonly FieldPlan[]
  readonly flexible: boolean
  readonly minBytes: number
  /** A struct of defaults. Frozen. */
  readonly defaultValue: unknown
}

export interface MessagePlan {
  readonly root: StructPlan
  /** All structs, inner ones before those that hold them. */
  readonly structs: readonly StructPlan[]
}

const EMPTY_BYTES = Buffer.alloc(0)
const EMPTY_ARRAY: readonly unknown[] = Object.freeze([])

const FIXED_BYTES: { readonly [K in Kind]?: number } = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  int64bits: 8,
  float64: 8,
  uuid: UUID_BYTES,
}

/** Bytes of a kind that always takes the same number; undefined for the others. */
export function fixedBytes(kind: Kind): number | undefined {
  return FIXED_BYTES[kind]
}

/** Throws ProtocolError UNSUPPORTED_VERSION when the schema has no such version. */
export function planMessage(schema: Schema, version: number): MessagePlan {
  if (!Number.isInteger(version) || !hasVersion(schema.versions, version)) {
    throw new ProtocolError('UNSUPPORTED_VERSION', `${schema.name} has no version ${version}`)
  }
  const context: Context = {
    version,
    flexible: hasVersion(schema.flexible, version),
    structs: [],
    known: new Map(),
  }
  const root = planStruct(schema.fields, context)
  return { root, structs: context.structs }
}

interface Context {
  readonly version: number
  readonly flexible: boolean
  readonly structs: StructPlan[]
  readonly known: Map<Fields, StructPlan>
}

function planStruct(fields: Fields, context: Context): StructPlan {
  const known = context.known.get(fields)
  if (known !== undefined) return known
  const plans = Object.entries(fields).map(([name, field]) => planField(name, field, context))
  const plain = plans.filter((field) => field.present && field.tag < 0)
  const defaults: Record<string, unknown> = {}
  for (const field of plans) defaults[field.name] = field.defaultValue
  const plan: StructPlan = {
    id: context.structs.length,
    fields: plans,
    plain,
    tagged: plans.filter((field) => field.present && field.tag >= 0).sort((a, b) => a.tag - b.tag),
    flexible: context.flexible,
    minBytes: plain.reduce((bytes, field) => bytes + field.type.minBytes, context.flexible ? 1 : 0),
    defaultValue: Object.freeze(defaults),
  }
  context.structs.push(plan)
  context.known.set(fields, plan)
  return plan
}

function planField(name: string, field: Field, context: Context): FieldPlan {
  const { versions, tag, tagged, ignorable } = field.options
  const exists =
    versions === undefined ? (tagged === undefined ? ALL_VERSIONS : parseVersions(tagged)) : parseVersions(versions)
  const taggedVersions = tag === undefined ? NO_VERSIONS : tagged === undefined ? exists : parseVersions(tagged)
  const present = hasVersion(exists, context.version)
  const type = planType(field, context)
  return {
    name,
    type,
    present,
    tag: present && tag !== undefined && hasVersion(taggedVersions, context.version) ? tag : -1,
    defaultValue: defaultOf(field, type),
    ignorable: ignorable === true,
  }
}

function planType(field: Field, context: Context): TypePlan {
  const { nullable, flexible } = field.options
  const inner = field as { readonly element?: Field; readonly fields?: Fields }
  const element = inner.element === undefined ? undefined : planElement(inner.element, context)
  const struct = inner.fields === undefined ? undefined : planStruct(inner.fields, context)
  const compact = context.flexible && flexible !== 'none'
  const type = {
    kind: field.kind,
    nullable: nullable !== undefined && hasVersion(parseVersions(nullable), context.version),
    compact,
    element,
    struct,
  }
  return { ...type, minBytes: minBytesOf(type) }
}

/** An element counts for one byte at least, so that no count is free of bytes to show for it. */
function planElement(field: Field, context: Context): TypePlan {
  const type = planType(field, context)
  return { ...type, minBytes: Math.max(1, type.minBytes) }
}

function minBytesOf(type: Omit<TypePlan, 'minBytes'>): number {
  const fixed = fixedBytes(type.kind)
  if (fixed !== undefined) return fixed
  if (type.kind === 'struct') return type.nullable ? 1 : type.struct!.minBytes
  if (type.compact) return 1
  return type.kind === 'string' ? 2 : 4
}

function defaultOf(field: Field, type: TypePlan): unknown {
  if (field.options.default !== undefined) return field.options.default
  switch (type.kind) {
    case 'bool':
      return false
    case 'int64bits':
      return 0n
    case 'uuid':
      return ZERO_UUID
    case 'string':
      return ''
    case 'bytes':
    case 'records':
      return EMPTY_BYTES
    case 'array':
      return EMPTY_ARRAY
    case 'struct':
      return type.struct!.defaultValue
    default:
      return 0
  }
}
