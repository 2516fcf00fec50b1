/** What the cluster wants to hear from its clients: the settings of CLIENT_METRICS resources (KIP-714), put together for one client. */
import { type BrokerConfig, type ClientMetricsValues, effectiveClientMetricsConfig } from '@ottla/config'
import { ConfigResourceType, type ConfigsImage } from '@ottla/metadata'
import { crc32c, uuidHash } from '@ottla/protocol'

/** What is known of a client, by the selectors of `match`. */
export interface ClientAttributes {
  readonly client_instance_id: string
  readonly client_id: string
  readonly client_software_name: string
  readonly client_software_version: string
  readonly client_source_address: string
  readonly client_source_port: string
}

export interface ClientSubscription {
  /** Changes whenever what the client is to send changes. */
  readonly id: number
  readonly pushIntervalMs: number
  /** Prefixes of names; `*` alone: all; none: nothing is to be sent. */
  readonly metrics: readonly string[]
}

interface Rule {
  readonly values: ClientMetricsValues
  readonly match: readonly (readonly [selector: keyof ClientAttributes, pattern: RegExp])[]
}

const ALL = '*'
const DEFAULT_INTERVAL_MS = 300_000

export class ClientSubscriptions {
  readonly #rules: readonly Rule[]

  constructor(configs: ConfigsImage, broker: BrokerConfig) {
    this.#rules = Array.from(configs.resources(ConfigResourceType.CLIENT_METRICS), ([, texts]) => {
      const { values } = effectiveClientMetricsConfig(broker, texts)
      return { values, match: values.match.map(patternOf) }
    })
  }

  /** All rules that match the client together: their metrics, at the shortest of their intervals. */
  of(attributes: ClientAttributes): ClientSubscription {
    const metrics = new Set<string>()
    let pushIntervalMs = Number.POSITIVE_INFINITY
    for (const { values, match } of this.#rules) {
      if (!match.every(([selector, pattern]) => pattern.test(attributes[selector]))) continue
      for (const metric of values.metrics) metrics.add(metric)
      pushIntervalMs = Math.min(pushIntervalMs, values['interval.ms'])
    }
    if (!Number.isFinite(pushIntervalMs)) pushIntervalMs = DEFAULT_INTERVAL_MS
    const list = metrics.has(ALL) ? [ALL] : [...metrics]
    const sum = crc32c(Buffer.from(`${list.join()}:${pushIntervalMs}`))
    return { id: (sum ^ uuidHash(attributes.client_instance_id)) | 0, pushIntervalMs, metrics: list }
  }
}

/** `selector=regular expression`; the expression is to match the whole attribute. */
function patternOf(text: string): readonly [keyof ClientAttributes, RegExp] {
  const [selector = '', expression = ''] = text.split('=').map((part) => part.trim())
  return [selector as keyof ClientAttributes, new RegExp(`^(?:${expression})$`)]
}
