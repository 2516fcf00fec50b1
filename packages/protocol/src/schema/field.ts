/**
 * The vocabulary in which messages are defined. A field has a kind and says in which versions it exists; its TypeScript type follows
 * from the definition. Nothing is computed here: definitions are read when a codec of some version is first needed.
 *
 *     topics: array(struct({ name: string(), partitions: array(int32()) }), { versions: '1+', nullable: '2+' })
 */

import type { UnknownTag } from '../wire/reader.ts'

export type ScalarKind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'int64bits'
  | 'float64'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'

export type Kind = ScalarKind | 'struct' | 'array'

/** What a field may say of itself. Ranges are written as in {@link parseVersions}. */
export interface FieldOptions<D = unknown> {
  /** Versions in which the field exists. Default: all. */
  readonly versions?: string
  /** Versions in which it may be null. Default: none. */
  readonly nullable?: string
  /** Number of the tagged field. Default: not tagged. */
  readonly tag?: number
  /** Versions in which it is tagged. Default: all in which it exists. */
  readonly tagged?: string
  /** The value when it is left out. Default: 0, false, empty, the zero uuid, a struct of defaults. */
  readonly default?: D
  /** True when a version without the field may silently drop its value; otherwise the value cannot be sent in that version. */
  readonly ignorable?: true
  /** `'none'`: keeps the old two-byte length in flexible versions. */
  readonly flexible?: 'none'
}

/** Options of a field that is never null. */
export type RequiredOptions<D> = FieldOptions<D> & { readonly nullable?: never }
/** Options of a field that is null in some version. */
export type NullableOptions<D> = FieldOptions<D | null> & { readonly nullable: string }

declare const VALUE: unique symbol
declare const INIT: unique symbol

/** A field that decodes to `T` and is encoded from `I`. */
export interface Field<out T = unknown, out I = unknown> {
  readonly kind: Kind
  readonly options: FieldOptions
  readonly [VALUE]: T
  readonly [INIT]: I
}

export interface ScalarField<out T, out I = T> extends Field<T, I> {
  readonly kind: ScalarKind
}

/** `N` is null for a nullable struct, never otherwise; likewise in {@link ArrayField}. */
export interface StructField<out F extends Fields, out N = never> extends Field<StructValue<F> | N, StructInit<F> | N> {
  readonly kind: 'struct'
  readonly fields: F
}

export interface ArrayField<out E extends Field, out N = never>
  extends Field<readonly E[typeof VALUE][] | N, readonly E[typeof INIT][] | N> {
  readonly kind: 'array'
  readonly element: E
}

export interface Fields {
  readonly [name: string]: Field
}

/** A decoded struct: every field of every version is there, with its default where the version lacks it. */
export type StructValue<F extends Fields> = { readonly [K in keyof F]: F[K][typeof VALUE] } & {
  readonly unknownTags?: readonly UnknownTag[]
}

/** What a struct is encoded from: a missing field has its default. */
export type StructInit<F extends Fields> = { readonly [K in keyof F]?: F[K][typeof INIT] | undefined } & {
  readonly unknownTags?: readonly UnknownTag[] | undefined
}

/** Defines fields of one scalar kind. */
export interface ScalarBuilder<T, I = T, D = T> {
  (options: NullableOptions<D>): ScalarField<T | null, I | null>
  (options?: RequiredOptions<D>): ScalarField<T, I>
}

export const bool = scalar<boolean>('bool')
export const int8 = scalar<number>('int8')
export const int16 = scalar<number>('int16')
export const uint16 = scalar<number>('uint16')
export const int32 = scalar<number>('int32')
export const uint32 = scalar<number>('uint32')
/** A number by the int64 rule of stdx. */
export const int64 = scalar<number>('int64')
/** 64 opaque bits that nobody computes with. */
export const int64bits = scalar<bigint>('int64bits')
export const float64 = scalar<number>('float64')
/** 22 characters of base64url. */
export const uuid = scalar<string>('uuid')
export const string = scalar<string>('string')
/** Decodes to a view into the message. */
export const bytes = scalar<Buffer, Buffer, never>('bytes')
/** Record batches, as they are. Decodes to a view; encodes from one buffer, or from several that are written as one. */
export const records = scalar<Buffer, Buffer | readonly Buffer[], never>('records')

export function struct<F extends Fields>(fields: F, options: NullableOptions<never>): StructField<F, null>
export function struct<F extends Fields>(fields: F, options?: RequiredOptions<never>): StructField<F>
export function struct(fields: Fields, options: FieldOptions = NO_OPTIONS): Field {
  return { kind: 'struct', options, fields } as unknown as Field
}

export function array<E extends Field>(element: E, options: NullableOptions<never>): ArrayField<E, null>
export function array<E extends Field>(element: E, options?: RequiredOptions<never>): ArrayField<E>
export function array(element: Field, options: FieldOptions = NO_OPTIONS): Field {
  return { kind: 'array', options, element } as unknown as Field
}

const NO_OPTIONS: FieldOptions = {}

function scalar<T, I = T, D = T>(kind: ScalarKind): ScalarBuilder<T, I, D> {
  const build = (options: FieldOptions = NO_OPTIONS) => ({ kind, options })
  return build as unknown as ScalarBuilder<T, I, D>
}
