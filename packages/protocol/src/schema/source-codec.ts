/**
 * Generates the codec of one version as source text and compiles it with `new Function`. The text comes from definitions in this
 * package alone, never from the wire. One function per struct and direction; neighbours of fixed size are read and written under one
 * bounds check; objects are built by one literal each, so that all messages of a version share one hidden class.
 */

import { getInt64, notNullable } from '../wire/reader.ts'
import { readUuid, writeUuid } from '../wire/uuid.ts'
import { setInt64 } from '../wire/writer.ts'
import type { Decode, Encode } from './codec.ts'
import { invalidValue, isDefault, writeRecords } from './codec-support.ts'
import { type FieldPlan, fixedBytes, type MessagePlan, type StructPlan, type TypePlan } from './plan.ts'

export function sourceDecoder(plan: MessagePlan): Decode {
  const text = new SourceText()
  for (const struct of plan.structs) text.add(readerSource(struct, text))
  text.add(`return read${plan.root.id}`)
  return text.compile() as Decode
}

export function sourceEncoder(plan: MessagePlan): Encode {
  const text = new SourceText()
  for (const struct of plan.structs) text.add(writerSource(struct, text))
  text.add(`return write${plan.root.id}`)
  return text.compile() as Encode
}

/** What the generated text may name. */
const SUPPORT = {
  getInt64,
  setInt64,
  readUuid,
  writeUuid,
  notNullable,
  invalidValue,
  isDefault,
  writeRecords,
}

/** Collects the text, and the constants that it refers to by index. */
class SourceText {
  readonly #lines: string[] = []
  readonly #constants: unknown[] = []

  add(source: string): void {
    this.#lines.push(source)
  }

  /** An expression for `value`: a literal where there is one, otherwise a constant. */
  constant(value: unknown): string {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
    if (typeof value === 'number') return String(value)
    if (typeof value === 'bigint') return `${value}n`
    let index = this.#constants.indexOf(value)
    if (index < 0) index = this.#constants.push(value) - 1
    return `constants[${index}]`
  }

  compile(): unknown {
    const names = Object.keys(SUPPORT).join(', ')
    const body = `'use strict'\nconst { ${names} } = support\n${this.#lines.join('\n')}`
    return new Function('support', 'constants', body)(SUPPORT, this.#constants)
  }
}

// Reading

function readerSource(plan: StructPlan, text: SourceText): string {
  const names = new Map(plan.fields.map((field, index) => [field, `f${index}`]))
  const lines: string[] = []
  for (const run of fixedRuns(plan.plain)) {
    if (run.bytes === 0) {
      const field = run.fields[0]!
      lines.push(readValue(field.type, { target: names.get(field)!, depth: 0, place: 'plain' }))
      continue
    }
    lines.push(`at = r.take(${run.bytes})`)
    let offset = 0
    for (const field of run.fields) {
      lines.push(`${names.get(field)} = ${readFixed(field.type.kind, position('at', offset))}`)
      offset += fixedBytes(field.type.kind)!
    }
  }
  if (plan.flexible) lines.push(readTags(plan, names))
  const declared = plan.fields.map((field) =>
    field.present && field.tag < 0 ? names.get(field)! : `${names.get(field)} = ${text.constant(field.defaultValue)}`,
  )
  const literal = plan.fields.map((field) => `${field.name}: ${names.get(field)}`).join(', ')
  return [
    `function read${plan.id}(r) {`,
    'const v = r.view',
    `let at${['', ...declared].join(', ')}, unknown`,
    ...lines,
    `const value = { ${literal} }`,
    'if (unknown !== undefined) value.unknownTags = unknown',
    'return value',
    '}',
  ].join('\n')
}

interface ReadPlace {
  /** The variable that gets the value. */
  readonly target: string
  /** Loops around it. */
  readonly depth: number
  readonly place: 'plain' | 'tagged'
}

function readTags(plan: StructPlan, names: ReadonlyMap<FieldPlan, string>): string {
  const cases = plan.tagged.map(
    (field) =>
      `case ${field.tag}: ${readValue(field.type, { target: names.get(field)!, depth: 0, place: 'tagged' })}; break`,
  )
  return [
    'let left = r.tagCount()',
    'for (let tag = -1; left > 0; left--) {',
    'tag = r.nextTag(tag)',
    'const end = r.tagEnd()',
    'switch (tag) {',
    ...cases,
    'default: (unknown ??= []).push(r.unknownTag(tag, end))',
    '}',
    'r.expectPosition(end)',
    '}',
  ].join('\n')
}

function readValue(type: TypePlan, place: ReadPlace): string {
  const { target } = place
  if (fixedBytes(type.kind) !== undefined)
    return `${target} = ${readFixed(type.kind, `r.take(${fixedBytes(type.kind)})`)}`
  switch (type.kind) {
    case 'array':
      return readArray(type, place)
    case 'struct': {
      const read = `read${type.struct!.id}(r)`
      if (!type.nullable) return `${target} = ${read}`
      return `${target} = r.int8() ${place.place === 'tagged' ? '<=' : '<'} 0 ? null : ${read}`
    }
    default:
      return `${target} = r.${lengthPrefixedMethod(type)}()`
  }
}

function readArray(type: TypePlan, { target, depth }: ReadPlace): string {
  const element = type.element!
  const [count, index] = [`n${depth}`, `i${depth}`]
  const bytes = fixedBytes(element.kind)
  const body =
    bytes === undefined
      ? `r.spendElements(${count})
for (let ${index} = 0; ${index} < ${count}; ${index}++) { ${readValue(element, { target: `${target}[${index}]`, depth: depth + 1, place: 'plain' })} }`
      : `at = r.take(${count} * ${bytes})
for (let ${index} = 0; ${index} < ${count}; ${index}++, at += ${bytes}) ${target}[${index}] = ${readFixed(element.kind, 'at')}`
  return `{
const ${count} = r.${type.compact ? 'compactArrayCount' : 'arrayCount'}(${element.minBytes})
if (${count} < 0) ${type.nullable ? `${target} = null` : "notNullable('array')"}
else {
${target} = new Array(${count})
${body}
}
}`
}

function readFixed(kind: string, at: string): string {
  switch (kind) {
    case 'bool':
      return `v.getInt8(${at}) !== 0`
    case 'int64':
      return `getInt64(v, ${at})`
    case 'uuid':
      return `readUuid(v, ${at})`
    default:
      return `v.${VIEW_METHODS[kind]!.get}(${at})`
  }
}

// Writing

function writerSource(plan: StructPlan, text: SourceText): string {
  const lines: string[] = []
  for (const run of fixedRuns(plan.plain)) {
    if (run.bytes === 0) {
      const field = run.fields[0]!
      lines.push(given(field, text), writeValue(field.type, { value: 'a', depth: 0, name: field.name, nullStruct: -1 }))
      continue
    }
    lines.push(`at = w.reserve(${run.bytes})`, 'v = w.view')
    let offset = 0
    for (const field of run.fields) {
      lines.push(given(field, text), writeFixed(field.type.kind, position('at', offset), 'a', field.name))
      offset += fixedBytes(field.type.kind)!
    }
  }
  if (plan.flexible) lines.push(writeTags(plan, text))
  return [`function write${plan.id}(w, x) {`, 'let at, v, a', ...lines, '}'].join('\n')
}

/** The value of a field, or its default, as `a`. */
function given(field: FieldPlan, text: SourceText): string {
  return `a = x.${field.name}; if (a === undefined) a = ${text.constant(field.defaultValue)}`
}

interface WritePlace {
  /** The expression of the value. */
  readonly value: string
  readonly depth: number
  readonly name: string
  /** The byte of a null struct. */
  readonly nullStruct: 0 | -1
}

function writeValue(type: TypePlan, place: WritePlace): string {
  const { value, depth, name } = place
  const bytes = fixedBytes(type.kind)
  if (bytes !== undefined) return `at = w.reserve(${bytes}); v = w.view; ${writeFixed(type.kind, 'at', value, name)}`
  const whenNull = type.nullable ? writeNull(type, place.nullStruct) : `invalidValue('${name}', null)`
  return `if (${value} === null) ${whenNull}\nelse { ${writePresent(type, { ...place, depth })} }`
}

function writePresent(type: TypePlan, { value, depth, name }: WritePlace): string {
  switch (type.kind) {
    case 'struct':
      return `${type.nullable ? 'w.int8(1); ' : ''}write${type.struct!.id}(w, ${value})`
    case 'array': {
      const [list, index, item] = [`l${depth}`, `i${depth}`, `a${depth}`]
      const count = type.compact ? `w.uvarint(${list}.length + 1)` : `w.int32(${list}.length)`
      const inner = writeValue(type.element!, { value: item, depth: depth + 1, name, nullStruct: -1 })
      return `const ${list} = ${value}; ${count}
for (let ${index} = 0; ${index} < ${list}.length; ${index}++) { const ${item} = ${list}[${index}]; ${inner} }`
    }
    case 'string':
      return `w.${type.compact ? 'compactString' : 'string'}(${value})`
    default:
      return `writeRecords(w, ${value}, ${type.compact ? 1 : 0})`
  }
}

function writeNull(type: TypePlan, nullStruct: 0 | -1): string {
  if (type.kind === 'struct') return `w.int8(${nullStruct})`
  if (type.compact) return 'w.uvarint(0)'
  return type.kind === 'string' ? 'w.int16(-1)' : 'w.int32(-1)'
}

function writeTags(plan: StructPlan, text: SourceText): string {
  const flags = plan.tagged.map((field, index) => {
    const { type, defaultValue } = field
    const value = `t${index}`
    const literal = text.constant(defaultValue)
    const same = fixedBytes(type.kind) !== undefined || type.kind === 'string'
    const differs = same
      ? `${value} !== ${literal}`
      : `${value} !== ${literal} && !isDefault(${text.constant(type)}, ${value}, ${literal})`
    return `const ${value} = x.${field.name}, h${index} = ${value} !== undefined && ${differs}; if (h${index}) n++`
  })
  const writes = plan.tagged.map((field, index) => {
    const write = writeValue(field.type, { value: `t${index}`, depth: 0, name: field.name, nullStruct: 0 })
    return `if (h${index}) {
if (u !== undefined) k = w.unknownTags(u, k, ${field.tag})
const s = w.beginTag(${field.tag})
${write}
w.endTag(s)
}`
  })
  return [
    'const u = x.unknownTags',
    'let n = 0, k = 0',
    ...flags,
    'w.uvarint(u === undefined ? n : n + u.length)',
    plan.tagged.length > 0 ? `if (n > 0) {\n${writes.join('\n')}\n}` : '',
    'if (u !== undefined) w.unknownTags(u, k, Infinity)',
  ].join('\n')
}

function writeFixed(kind: string, at: string, value: string, name: string): string {
  switch (kind) {
    case 'bool':
      return `v.setInt8(${at}, ${value} ? 1 : 0)`
    case 'int64':
      return `setInt64(v, ${at}, ${value})`
    case 'uuid':
      return `writeUuid(w.buffer, ${at}, ${value})`
    default: {
      const { set, wrapped } = VIEW_METHODS[kind]!
      const check =
        wrapped === '' ? '' : `if ((${wrapped.replace('a', value)}) !== ${value}) invalidValue('${name}', ${value}); `
      return `${check}v.${set}(${at}, ${value})`
    }
  }
}

// Both

/** `wrapped`: the value as it would come back, to find numbers out of range. */
const VIEW_METHODS: {
  readonly [kind: string]: { readonly get: string; readonly set: string; readonly wrapped: string }
} = {
  int8: { get: 'getInt8', set: 'setInt8', wrapped: 'a << 24 >> 24' },
  int16: { get: 'getInt16', set: 'setInt16', wrapped: 'a << 16 >> 16' },
  uint16: { get: 'getUint16', set: 'setUint16', wrapped: 'a & 0xffff' },
  int32: { get: 'getInt32', set: 'setInt32', wrapped: 'a | 0' },
  uint32: { get: 'getUint32', set: 'setUint32', wrapped: 'a >>> 0' },
  int64bits: { get: 'getBigInt64', set: 'setBigInt64', wrapped: '' },
  float64: { get: 'getFloat64', set: 'setFloat64', wrapped: '' },
}

interface Run {
  readonly fields: readonly FieldPlan[]
  /** All bytes together; 0 for a single field of varying size. */
  readonly bytes: number
}

/** Splits fields into runs of fixed size and single fields of varying size. */
function fixedRuns(fields: readonly FieldPlan[]): Run[] {
  const runs: { fields: FieldPlan[]; bytes: number }[] = []
  for (const field of fields) {
    const bytes = fixedBytes(field.type.kind) ?? 0
    const last = runs.at(-1)
    if (bytes > 0 && last !== undefined && last.bytes > 0) {
      last.fields.push(field)
      last.bytes += bytes
    } else {
      runs.push({ fields: [field], bytes })
    }
  }
  return runs
}

function lengthPrefixedMethod(type: TypePlan): string {
  const kind = type.kind === 'string' ? 'String' : 'Bytes'
  const name = (type.compact ? 'compact' : '') + (type.nullable ? 'Nullable' : '') + kind
  return name[0]!.toLowerCase() + name.slice(1)
}

function position(base: string, offset: number): string {
  return offset === 0 ? base : `${base} + ${offset}`
}
