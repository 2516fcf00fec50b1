/**
 * The settings of one broker: what the file said, over which the cluster's and the broker's dynamic values lie.
 * Immutable; a change of dynamic values gives a new one.
 */
import { assert } from '@ottla/stdx'
import type { ConfigKey, ConfigValue } from './config-key.ts'
import { type BrokerValues, brokerKeys } from './key-table.ts'
import type { Listener } from './listener.ts'
import { parseValue } from './parse-value.ts'

type NamesOf<T> = { [Name in keyof BrokerValues]: BrokerValues[Name] extends T ? Name : never }[keyof BrokerValues]

/** Names of settings that are always a number. */
export type NumberKey = NamesOf<number>
/** Names of settings that are always a text. */
export type StringKey = NamesOf<string>
/** Names of settings that are always a list. */
export type ListKey = NamesOf<readonly string[]>
/** Names of settings that are always true or false. */
export type BooleanKey = NamesOf<boolean>

/** The parts that {@link BrokerConfig} is built from. Texts are known to parse. */
export interface BrokerConfigParts {
  readonly file: string
  /** What file and command line set, by key, as text. */
  readonly staticTexts: ReadonlyMap<string, string>
  readonly listeners: readonly Listener[]
}

/** Dynamic values by key, as text: of the cluster's default and of this broker. */
export interface DynamicTexts {
  readonly clusterDefault: ReadonlyMap<string, string>
  readonly broker: ReadonlyMap<string, string>
}

const NONE: DynamicTexts = { clusterDefault: new Map(), broker: new Map() }

export class BrokerConfig {
  readonly #parts: BrokerConfigParts
  /** Dynamic values that are in force. */
  readonly dynamic: DynamicTexts
  /** Effective values of all known settings. */
  readonly values: BrokerValues

  constructor(parts: BrokerConfigParts, dynamic: DynamicTexts = NONE) {
    this.#parts = parts
    this.dynamic = dynamic
    this.values = effectiveValues(parts.staticTexts, dynamic)
  }

  /** Path of the file, for messages. */
  get file(): string {
    return this.#parts.file
  }

  /** What file and command line set, by key, as text; unknown keys too. */
  get staticTexts(): ReadonlyMap<string, string> {
    return this.#parts.staticTexts
  }

  /** Where to listen. Listeners of the controller are not among them. */
  get listeners(): readonly Listener[] {
    return this.#parts.listeners
  }

  /** node.id, or broker.id in old files; null when the file names none, then the data folder's counts. */
  get nodeId(): number | null {
    return this.values['node.id'] ?? (this.values['broker.id'] >= 0 ? this.values['broker.id'] : null)
  }

  /** log.dirs, or log.dir; as given, relative paths too. */
  get logDirs(): readonly string[] {
    return this.values['log.dirs'] ?? this.values['log.dir']
  }

  /** metadata.log.dir, or the first of the log dirs. */
  get metadataLogDir(): string {
    const dir = this.values['metadata.log.dir'] ?? this.logDirs[0]
    assert(dir !== undefined, 'there is a log dir')
    return dir
  }

  /** The value of a setting, typed by its key. */
  get<Name extends keyof BrokerValues>(name: Name): BrokerValues[Name] {
    return this.values[name]
  }

  int(name: NumberKey): number {
    return this.values[name]
  }

  string(name: StringKey): string {
    return this.values[name]
  }

  boolean(name: BooleanKey): boolean {
    return this.values[name]
  }

  list(name: ListKey): readonly string[] {
    return this.values[name]
  }

  /** The same broker with other dynamic values. A text that does not parse, or a read-only key, has no effect. */
  withDynamic(dynamic: DynamicTexts): BrokerConfig {
    return new BrokerConfig(this.#parts, dynamic)
  }
}

function effectiveValues(staticTexts: ReadonlyMap<string, string>, dynamic: DynamicTexts): BrokerValues {
  const values: Record<string, ConfigValue> = {}
  for (const key of brokerKeys.values()) {
    values[key.name] = key.default
    take(values, key, staticTexts.get(key.name))
    if (key.updateMode === 'read-only') continue
    if (key.updateMode === 'cluster-wide') take(values, key, dynamic.clusterDefault.get(key.name))
    take(values, key, dynamic.broker.get(key.name))
  }
  return values as unknown as BrokerValues
}

function take(values: Record<string, ConfigValue>, key: ConfigKey, text: string | undefined): void {
  if (text === undefined) return
  const parsed = parseValue(key, text)
  if (parsed.kind === 'value') values[key.name] = parsed.value
}
