/**
 * A schema: one message in all its versions. From it come the TypeScript type ({@link Value}, {@link Init}), the codec of each version
 * ({@link codecOf}) and the JSON form ({@link toJson}).
 */

import type { Codec } from './codec.ts'
import type { Fields, StructInit, StructValue } from './field.ts'
import { NO_VERSIONS, parseVersions, type VersionRange } from './versions.ts'

export type SchemaType =
  | 'request'
  | 'response'
  | 'header'
  /** A blob inside another message or file. */
  | 'data'
  /** A value of the metadata log or of the remote log metadata topic. */
  | 'metadata-record'
  | 'coordinator-key'
  | 'coordinator-value'

export interface SchemaOptions {
  /** API key of a request or response, type of a stored record; none for headers and data. */
  readonly key?: number
  /** Kafka's name of the message, with its kind: `HeartbeatRequest`. */
  readonly name: string
  /** Versions that can be read and written, as `0-4`. */
  readonly versions: string
  /** Versions with compact lengths and tagged fields. Default: none. */
  readonly flexible?: string
  /** The latest version is still subject to change and is spoken only on demand. */
  readonly latestVersionUnstable?: true
}

export interface Schema<out F extends Fields = Fields> {
  readonly type: SchemaType
  readonly name: string
  /** −1 for headers and data. */
  readonly key: number
  readonly versions: VersionRange
  readonly flexible: VersionRange
  readonly latestVersionUnstable: boolean
  /** Defined when first read, so that loading three hundred messages costs next to nothing. */
  readonly fields: F
  /** Codecs made so far, by version. Belongs to `codecOf`. */
  readonly codecs: (Codec<never, never> | undefined)[]
}

/** The decoded message: all fields, defaults for those that the version lacks. */
export type Value<S extends Schema> = StructValue<S['fields']>

/** What a message is encoded from: a deep partial of {@link Value}. */
export type Init<S extends Schema> = StructInit<S['fields']>

/** An element of an array field, null left aside: `Element<FetchRequest['topics']>`. */
export type Element<T> = NonNullable<T> extends readonly (infer E)[] ? E : never

export function request<F extends Fields>(options: SchemaOptions, fields: () => F): Schema<F> {
  return schema('request', options, fields)
}

export function response<F extends Fields>(options: SchemaOptions, fields: () => F): Schema<F> {
  return schema('response', options, fields)
}

export function header<F extends Fields>(options: SchemaOptions, fields: () => F): Schema<F> {
  return schema('header', options, fields)
}

export function data<F extends Fields>(options: SchemaOptions, fields: () => F): Schema<F> {
  return schema('data', options, fields)
}

export function metadataRecord<F extends Fields>(options: SchemaOptions, fields: () => F): Schema<F> {
  return schema('metadata-record', options, fields)
}

export function coordinatorKey<F extends Fields>(options: SchemaOptions, fields: () => F): Schema<F> {
  return schema('coordinator-key', options, fields)
}

export function coordinatorValue<F extends Fields>(options: SchemaOptions, fields: () => F): Schema<F> {
  return schema('coordinator-value', options, fields)
}

function schema<F extends Fields>(type: SchemaType, options: SchemaOptions, define: () => F): Schema<F> {
  let fields: F | undefined
  return {
    type,
    name: options.name,
    key: options.key ?? -1,
    versions: parseVersions(options.versions),
    flexible: options.flexible === undefined ? NO_VERSIONS : parseVersions(options.flexible),
    latestVersionUnstable: options.latestVersionUnstable === true,
    get fields() {
      return (fields ??= define())
    },
    codecs: [],
  }
}
