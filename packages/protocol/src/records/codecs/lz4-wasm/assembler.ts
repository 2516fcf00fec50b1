/**
 * WebAssembly written in TypeScript: each function here gives the code of an instruction from that of its operands, and `moduleOf` makes
 * a module of it. For the innermost loops of codecs, which want what JavaScript lacks: reads of 64 and 128 bits at any address.
 *
 * All is i32 but for operations with 64 (i64) and 128 (v128) in their name. Opcodes are those of the WebAssembly core
 * specification 2.0, section 5.4.
 */

import { assert } from '@ottla/stdx'

/** Appends an expression or a statement to `out`. `labels` are those around it, the innermost last. */
export type Code = (out: number[], labels: readonly Label[]) => void

/** What a branch can go to. */
export interface Label {
  readonly name: string
}

export interface Local {
  readonly index: number
}

/** A number is a constant of 32 bits. */
export type Operand = Code | Local | number

export interface WasmFunction {
  readonly name: string
  /** How many of the scope's locals, from the first one on, are parameters. */
  readonly parameters: number
  readonly scope: Scope
  /** The last statement is the result; {@link give} gives one before. */
  readonly body: readonly Code[]
}

export interface WasmModule {
  /** Pages of 64 KB of its memory, which is exported as `memory`. */
  readonly memory: { readonly initialPages: number; readonly maxPages: number }
  readonly functions: readonly WasmFunction[]
}

const I32 = 0x7f
const I64 = 0x7e
const NO_RESULT = 0x40
const END = 0x0b

/** The locals of a function, in order. */
export class Scope {
  readonly types: number[] = []

  i32(): Local {
    return { index: this.types.push(I32) - 1 }
  }

  i64(): Local {
    return { index: this.types.push(I64) - 1 }
  }
}

export function label(name: string): Label {
  return { name }
}

const instruction =
  (...opcode: number[]) =>
  (...operands: Operand[]): Code =>
  (out, labels) => {
    for (const operand of operands) emit(operand, out, labels)
    out.push(...opcode)
  }

const unary = (...opcode: number[]) => instruction(...opcode) as (a: Operand) => Code
const binary = (...opcode: number[]) => instruction(...opcode) as (a: Operand, b: Operand) => Code

export const add = binary(0x6a)
export const sub = binary(0x6b)
export const and = binary(0x71)
export const or = binary(0x72)
export const shl = binary(0x74)
export const shr = binary(0x76)
export const eq = binary(0x46)
export const ne = binary(0x47)
export const lt = binary(0x48)
export const gt = binary(0x4a)
export const ge = binary(0x4e)
export const isZero = unary(0x45)
export const countTrailingZeros = unary(0x68)

export const shl64 = binary(0x86)
export const shr64 = binary(0x88)
export const mul64 = binary(0x7e)
export const xor64 = binary(0x85)
export const isZero64 = unary(0x50)
export const countTrailingZeros64 = unary(0x7a)
export const countLeadingZeros64 = unary(0x79)
/** The low half of 64 bits. */
export const low32 = unary(0xa7)

const notEqual128 = binary(0xfd, 0x24)
const bitmask128 = unary(0xfd, 0x64)
/** Of two vectors of 16 bytes: a bit for each byte that differs. */
export const differences128 = (a: Operand, b: Operand): Code => bitmask128(notEqual128(a, b))

/** Sets `bytes` bytes from `at` on to `value`. */
export const fill = instruction(0xfc, 0x0b, 0) as (at: Operand, value: Operand, bytes: Operand) => Code
/** Ends the function with this result. */
export const give = unary(0x0f)

/** A number of 64 bits. */
export function long(value: bigint): Code {
  return (out) => {
    out.push(0x42)
    pushSigned(out, value)
  }
}

export function set(local: Local, value: Operand): Code {
  return (out, labels) => {
    emit(value, out, labels)
    out.push(0x21)
    pushUnsigned(out, local.index)
  }
}

export const increase = (local: Local, by: Operand): Code => set(local, add(local, by))

/** The smaller one. Both are evaluated twice. */
export function min(a: Operand, b: Operand): Code {
  return instruction(0x1b)(a, b, lt(a, b))
}

/** Reads at an address, which is the sum of a constant and of a number; at any, aligned or not. Bytes and halves come without a sign. */
const read =
  (...opcode: number[]) =>
  (base: number, at: Operand): Code =>
  (out, labels) => {
    emit(at, out, labels)
    out.push(...opcode, 0)
    pushUnsigned(out, base)
  }

export const read8 = read(0x2d)
export const read16 = read(0x2f)
export const read32 = read(0x28)
export const read64 = read(0x29)
export const read128 = read(0xfd, 0x00)

const write =
  (...opcode: number[]) =>
  (base: number, at: Operand, value: Operand): Code =>
  (out, labels) => {
    emit(at, out, labels)
    emit(value, out, labels)
    out.push(...opcode, 0)
    pushUnsigned(out, base)
  }

export const write8 = write(0x3a)
export const write16 = write(0x3b)
export const write128 = write(0xfd, 0x0b)

/** A branch to `to` inside of it goes behind its end. */
export function block(to: Label, ...body: Code[]): Code {
  return region(0x02, to, body)
}

/** A branch to `to` inside of it goes to its beginning; without one it ends. */
export function loop(to: Label, ...body: Code[]): Code {
  return region(0x03, to, body)
}

function region(opcode: number, to: Label, body: readonly Code[]): Code {
  return (out, labels) => {
    out.push(opcode, NO_RESULT)
    const inner = [...labels, to]
    for (const code of body) code(out, inner)
    out.push(END)
  }
}

export function branch(to: Label): Code {
  return (out, labels) => {
    out.push(0x0c)
    pushUnsigned(out, depthOf(to, labels))
  }
}

export function branchIf(to: Label, condition: Operand): Code {
  return (out, labels) => {
    emit(condition, out, labels)
    out.push(0x0d)
    pushUnsigned(out, depthOf(to, labels))
  }
}

const NOWHERE = label('if')

export function when(condition: Operand, then: readonly Code[], otherwise: readonly Code[] = []): Code {
  return (out, labels) => {
    emit(condition, out, labels)
    out.push(0x04, NO_RESULT)
    const inner = [...labels, NOWHERE]
    for (const code of then) code(out, inner)
    if (otherwise.length > 0) out.push(0x05)
    for (const code of otherwise) code(out, inner)
    out.push(END)
  }
}

/** Bytes of 128 bits. */
export const WORD_BYTES = 16

/** Copies `[from, until)` to `to`, which is not within a word behind `from`, by whole words, at least one; moves both on. */
export function copyWords(to: Local, from: Local, until: Local): Code {
  const next = label('next word')
  return loop(
    next,
    write128(0, to, read128(0, from)),
    increase(to, WORD_BYTES),
    increase(from, WORD_BYTES),
    branchIf(next, lt(from, until)),
  )
}

/** The result of a function, as its last statement. */
export function result(value: Operand): Code {
  return (out, labels) => emit(value, out, labels)
}

/** The bytes of a module. Its functions take and give i32. */
export function moduleOf({ memory, functions }: WasmModule): Uint8Array<ArrayBuffer> {
  const out = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  const each = (encode: (of: WasmFunction, index: number) => number[]) => vectorOf(functions.map(encode))
  pushSection(
    out,
    1,
    each(({ parameters }) => [0x60, ...vectorOf(new Array<number[]>(parameters).fill([I32])), 1, I32]),
  )
  pushSection(
    out,
    3,
    each((_, index) => [index]),
  )
  const limits = [1]
  pushUnsigned(limits, memory.initialPages)
  pushUnsigned(limits, memory.maxPages)
  pushSection(out, 5, vectorOf([limits]))
  pushSection(
    out,
    7,
    vectorOf([[...nameOf('memory'), 2, 0], ...functions.map(({ name }, index) => [...nameOf(name), 0, index])]),
  )
  pushSection(out, 10, each(bodyOf))
  return Uint8Array.from(out)
}

function bodyOf({ parameters, scope, body }: WasmFunction): number[] {
  const code = vectorOf(scope.types.slice(parameters).map((type) => [1, type]))
  for (const part of body) part(code, [])
  code.push(END)
  return [...sized(code)]
}

function emit(operand: Operand, out: number[], labels: readonly Label[]): void {
  if (typeof operand === 'function') operand(out, labels)
  else if (typeof operand === 'number') {
    out.push(0x41)
    pushSigned(out, BigInt(operand))
  } else {
    out.push(0x20)
    pushUnsigned(out, operand.index)
  }
}

function depthOf(to: Label, labels: readonly Label[]): number {
  const at = labels.lastIndexOf(to)
  assert(at >= 0, `a branch goes to ${to.name}, around it`)
  return labels.length - 1 - at
}

function pushSection(out: number[], id: number, content: readonly number[]): void {
  out.push(id, ...sized(content))
}

function sized(content: readonly number[]): number[] {
  const out: number[] = []
  pushUnsigned(out, content.length)
  return out.concat(content)
}

function vectorOf(items: readonly (readonly number[])[]): number[] {
  const out: number[] = []
  pushUnsigned(out, items.length)
  return out.concat(...items)
}

function nameOf(name: string): number[] {
  return sized([...Buffer.from(name)])
}

function pushUnsigned(out: number[], value: number): void {
  for (; value >= 0x80; value >>>= 7) out.push((value & 0x7f) | 0x80)
  out.push(value)
}

function pushSigned(out: number[], value: bigint): void {
  for (; value < -64n || value > 63n; value >>= 7n) out.push(Number(value & 0x7fn) | 0x80)
  out.push(Number(value & 0x7fn))
}
