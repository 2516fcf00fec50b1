/** Dynamic settings by resource. Immutable. */
import { SortedMap } from './sorted-map.ts'

/** Resource types of settings, as the protocol numbers them. */
export const ConfigResourceType = {
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
} as const

export interface ConfigResource {
  /** A value of {@link ConfigResourceType}. */
  readonly type: number
  /** Empty: the default of all resources of the type (brokers). */
  readonly name: string
}

/** The settings of one resource, as text by key. */
export type ConfigTexts = ReadonlyMap<string, string>

const NOTHING: ConfigTexts = new Map()

export class ConfigsImage {
  readonly #byType: ReadonlyMap<number, SortedMap<string, ConfigTexts>>

  constructor(byType: ReadonlyMap<number, SortedMap<string, ConfigTexts>> = new Map()) {
    this.#byType = byType
  }

  /** What is set on the resource; empty when nothing is. The same object while nothing changes. */
  of(type: number, name: string): ConfigTexts {
    return this.#byType.get(type)?.get(name) ?? NOTHING
  }

  /** Resources of the type that have settings, by name. */
  *resources(type: number): Generator<readonly [name: string, texts: ConfigTexts]> {
    const resources = this.#byType.get(type)
    if (resources !== undefined) yield* resources
  }

  /** Types of which some resource has settings, ascending. */
  types(): number[] {
    return [...this.#byType.keys()].sort((a, b) => a - b)
  }

  /** With other settings on the resource; empty ones take it away. */
  with({ type, name }: ConfigResource, texts: ConfigTexts): ConfigsImage {
    const resources = this.#byType.get(type) ?? SortedMap.empty<string, ConfigTexts>()
    const changed = texts.size === 0 ? resources.delete(name) : resources.set(name, texts)
    if (changed === resources) return this
    const byType = new Map(this.#byType)
    if (changed.size === 0) byType.delete(type)
    else byType.set(type, changed)
    return new ConfigsImage(byType)
  }
}
