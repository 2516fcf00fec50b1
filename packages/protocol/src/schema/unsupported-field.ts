/** What a message says that a version cannot carry. */

import { isDefault } from './codec-support.ts'
import type { Fields, StructInit } from './field.ts'
import { planMessage, type StructPlan, type TypePlan } from './plan.ts'
import type { Schema } from './schema.ts'

type Struct = Readonly<Record<string, unknown>>

/**
 * The path of the first field that has a value, that `version` lacks, and that may not be dropped silently; null when the message can be
 * sent as it is. Encoding itself drops such fields: who builds a request for an older peer asks here first.
 */
export function unsupportedField<F extends Fields>(
  schema: Schema<F>,
  version: number,
  value: StructInit<F>,
): string | null {
  return inStruct(planMessage(schema, version).root, value as Struct, '')
}

function inStruct(plan: StructPlan, value: Struct, path: string): string | null {
  for (const field of plan.fields) {
    const given = value[field.name]
    if (given === undefined || given === null) continue
    const inner = path === '' ? field.name : `${path}.${field.name}`
    if (field.present) {
      const found = inValue(field.type, given, inner)
      if (found !== null) return found
    } else if (!field.ignorable && !isDefault(field.type, given, field.defaultValue)) {
      return inner
    }
  }
  return null
}

function inValue(type: TypePlan, value: unknown, path: string): string | null {
  if (type.kind === 'struct') return inStruct(type.struct!, value as Struct, path)
  if (type.kind !== 'array' || type.element!.kind !== 'struct') return null
  for (const [index, element] of (value as readonly Struct[]).entries()) {
    const found = inStruct(type.element!.struct!, element, `${path}[${index}]`)
    if (found !== null) return found
  }
  return null
}
