/**
 * The JSON form of messages, as Kafka's tools print them: fields that the version lacks and tagged fields at their default are not
 * there, bytes and records are base64, uuids are 22 characters. An int64 beyond 2^53 − 1 is a string of digits, since a JSON number
 * would lose it.
 */

import { formatInt64, parseInt64 } from '@ottla/stdx'
import { ProtocolError } from '../wire/protocol-error.ts'
import { isDefault } from './codec-support.ts'
import type { Fields, StructInit, StructValue } from './field.ts'
import { planMessage, type StructPlan, type TypePlan } from './plan.ts'
import type { Schema } from './schema.ts'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

type Struct = Readonly<Record<string, unknown>>

/** The JSON form of a message. Unknown tagged fields are left out. Missing fields have their default. */
export function toJson<F extends Fields>(schema: Schema<F>, version: number, value: StructInit<F>): JsonObject {
  return structToJson(planMessage(schema, version).root, value as Struct)
}

/** Reads the JSON form. Throws ProtocolError INVALID_VALUE on unknown fields, missing ones and wrong types. */
export function fromJson<F extends Fields>(schema: Schema<F>, version: number, json: JsonObject): StructValue<F> {
  return structFromJson(planMessage(schema, version).root, json, schema.name) as StructValue<F>
}

function structToJson(plan: StructPlan, value: Struct): JsonObject {
  const json: Record<string, Json> = {}
  for (const field of plan.fields) {
    if (!field.present) continue
    const given = value[field.name]
    if (field.tag >= 0 && isDefault(field.type, given, field.defaultValue)) continue
    json[field.name] = valueToJson(field.type, given === undefined ? field.defaultValue : given)
  }
  return json
}

function valueToJson(type: TypePlan, value: unknown): Json {
  if (value === null) return null
  switch (type.kind) {
    case 'int64':
      return Number.isSafeInteger(value) ? (value as number) : formatInt64(value as number)
    case 'int64bits': {
      const bits = value as bigint
      return Number.isSafeInteger(Number(bits)) ? Number(bits) : String(bits)
    }
    case 'bytes':
    case 'records':
      return (Buffer.isBuffer(value) ? value : Buffer.concat(value as Buffer[])).toString('base64')
    case 'array':
      return (value as unknown[]).map((element) => valueToJson(type.element!, element))
    case 'struct':
      return structToJson(type.struct!, value as Struct)
    default:
      return value as Json
  }
}

function structFromJson(plan: StructPlan, json: Json, path: string): Struct {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw wrong(path, 'an object')
  const given = json as JsonObject
  const value: Record<string, unknown> = {}
  for (const field of plan.fields) {
    const inner = `${path}.${field.name}`
    const element = given[field.name]
    if (field.present && element !== undefined) value[field.name] = valueFromJson(field.type, element, inner)
    else if (field.present && field.tag < 0) throw wrong(inner, 'given')
    else value[field.name] = field.defaultValue
  }
  for (const name of Object.keys(given)) {
    if (!plan.fields.some((field) => field.present && field.name === name))
      throw wrong(`${path}.${name}`, 'a known field')
  }
  return value
}

function valueFromJson(type: TypePlan, json: Json, path: string): unknown {
  if (json === null) {
    if (type.nullable) return null
    throw wrong(path, 'other than null')
  }
  switch (type.kind) {
    case 'bool':
      if (typeof json !== 'boolean') throw wrong(path, 'true or false')
      return json
    case 'string':
    case 'uuid':
      if (typeof json !== 'string') throw wrong(path, 'a string')
      return json
    case 'bytes':
    case 'records':
      if (typeof json !== 'string') throw wrong(path, 'base64')
      return Buffer.from(json, 'base64')
    case 'array':
      if (!Array.isArray(json)) throw wrong(path, 'an array')
      return json.map((element: Json, index) => valueFromJson(type.element!, element, `${path}[${index}]`))
    case 'struct':
      return structFromJson(type.struct!, json, path)
    default:
      return numberFromJson(type, json, path)
  }
}

function numberFromJson(type: TypePlan, json: Json, path: string): number | bigint {
  if (typeof json === 'number') {
    if (type.kind === 'float64' || Number.isInteger(json)) return type.kind === 'int64bits' ? BigInt(json) : json
  } else if (typeof json === 'string' && /^-?\d{1,19}$/.test(json)) {
    if (type.kind === 'int64') return parseInt64(json)
    if (type.kind === 'int64bits') return BigInt.asIntN(64, BigInt(json))
  }
  throw wrong(path, 'a number')
}

function wrong(path: string, wanted: string): ProtocolError {
  return new ProtocolError('INVALID_VALUE', `${path} must be ${wanted}`)
}
