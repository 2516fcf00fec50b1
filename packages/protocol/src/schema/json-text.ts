/**
 * The JSON form of messages as text, exactly as Kafka's tools print it: an int64 is a plain number whatever its size, and a float64
 * always has a decimal point.
 */

import { formatInt64 } from '@ottla/stdx'
import { isDefault } from './codec-support.ts'
import type { Fields, StructInit } from './field.ts'
import { planMessage, type StructPlan, type TypePlan } from './plan.ts'
import type { Schema } from './schema.ts'

type Struct = Readonly<Record<string, unknown>>

/** One line, without blanks. Unknown tagged fields are left out. Missing fields have their default. */
export function toJsonText<F extends Fields>(schema: Schema<F>, version: number, value: StructInit<F>): string {
  return structText(planMessage(schema, version).root, value as Struct)
}

function structText(plan: StructPlan, value: Struct): string {
  const fields: string[] = []
  for (const field of plan.fields) {
    if (!field.present) continue
    const given = value[field.name]
    if (field.tag >= 0 && isDefault(field.type, given, field.defaultValue)) continue
    fields.push(`"${field.name}":${valueText(field.type, given === undefined ? field.defaultValue : given)}`)
  }
  return `{${fields.join(',')}}`
}

function valueText(type: TypePlan, value: unknown): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'int64':
      return formatInt64(value as number)
    case 'int64bits':
      return String(value)
    case 'float64':
      return Number.isInteger(value) ? `${value}.0` : String(value)
    case 'bytes':
    case 'records': {
      const bytes = Buffer.isBuffer(value) ? value : Buffer.concat(value as Buffer[])
      return JSON.stringify(bytes.toString('base64'))
    }
    case 'array':
      return `[${(value as unknown[]).map((element) => valueText(type.element!, element)).join(',')}]`
    case 'struct':
      return structText(type.struct!, value as Struct)
    default:
      return JSON.stringify(value)
  }
}
