/**
 * What a setting is: the shape of a row in the key tables. One table drives parsing, validation, DescribeConfigs and the
 * reference page.
 */

/** Types of Kafka's ConfigDef. `class` holds a Java class name as text; `password` is never shown. */
export type ConfigType = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'class' | 'password'

/** What a running broker does with a new value: nothing until restart, takes it for itself, takes it from the cluster's default too. */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide'

/** A parsed value. Durations are in the unit that the key's name ends with; int64 as everywhere (`INT64_MAX` is a sentinel). */
export type ConfigValue = boolean | number | string | readonly string[] | null

/** The check that a parsed value must pass. */
export type Validation =
  | { readonly kind: 'range'; readonly min?: number; readonly max?: number }
  | { readonly kind: 'one-of'; readonly values: readonly string[]; readonly ignoreCase?: true }
  | {
      readonly kind: 'list'
      readonly values?: readonly string[]
      readonly emptyAllowed: boolean
      readonly nullAllowed: boolean
    }
  | { readonly kind: 'non-empty' }
  | { readonly kind: 'gzip-level' }
  | { readonly kind: 'throttled-replicas' }
  | { readonly kind: 'quorum-voters' }
  | { readonly kind: 'host-ports' }
  | { readonly kind: 'offset-reset' }

/** A broker setting that gives another setting's value; that value is the broker setting's times `factor`. */
export interface Synonym {
  readonly name: string
  readonly factor: number
}

export interface ConfigKey {
  readonly name: string
  readonly type: ConfigType
  readonly default: ConfigValue
  readonly valid?: Validation
  readonly importance: 'high' | 'medium' | 'low'
  /** Broker settings only. */
  readonly updateMode?: UpdateMode
  /** Left out of descriptions unless it was set. */
  readonly internal?: true
  /** Topic and group settings: the broker settings that stand in when it is not set, in order of precedence. */
  readonly brokerSynonyms?: readonly Synonym[]
  /** One sentence or two. */
  readonly doc?: string
}

interface TypeOf {
  boolean: boolean
  string: string
  int: number
  short: number
  long: number
  double: number
  list: readonly string[]
  class: string
  password: string
}

/** The type that a key's value has: null only where the default is null. */
export type ValueOf<K extends ConfigKey> = K extends ConfigKey
  ? TypeOf[K['type']] | (K['default'] extends null ? null : never)
  : never

/** A table's values by key name. */
export type ValuesOf<K extends ConfigKey> = { readonly [Key in K as Key['name']]: ValueOf<Key> }
