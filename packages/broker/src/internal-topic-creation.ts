/** Makes the coordinators' topics when they are first needed, with the settings that Kafka gives them. */
import type { BrokerConfig } from '@ottla/config'
import type { Logger } from '@ottla/env'
import type { ControllerChannel } from '@ottla/metadata'
import { API_KEYS, type CreateTopicsResponse, ErrorCode, errorOf } from '@ottla/protocol'
import { GROUP_METADATA_TOPIC } from './internal-topics.ts'
import { INTERNAL_PRINCIPAL } from './request-context.ts'

export interface InternalTopicCreationOptions {
  readonly config: () => BrokerConfig
  readonly channel: ControllerChannel
  /** Brokers that are registered: an unset replication factor is no higher. */
  readonly registeredBrokers: () => number
  readonly logger: Logger
}

interface Layout {
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: { readonly name: string; readonly value: string }[]
}

const TIMEOUT_MS = 10_000

export class InternalTopicCreation {
  readonly #options: InternalTopicCreationOptions
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(options: InternalTopicCreationOptions) {
    this.#options = options
  }

  /** Resolves when the topic was made, or could not be; what the image says then counts. Many calls make one. */
  create(topic: string): Promise<void> {
    let creation = this.#underWay.get(topic)
    if (creation === undefined) {
      creation = this.#create(topic).finally(() => this.#underWay.delete(topic))
      this.#underWay.set(topic, creation)
    }
    return creation
  }

  async #create(topic: string): Promise<void> {
    const { channel, logger } = this.#options
    const layout = this.#layout(topic)
    if (layout === undefined) return
    try {
      const response = await channel.request(
        API_KEYS.CreateTopics,
        { topics: [{ name: topic, ...layout }], timeoutMs: TIMEOUT_MS },
        { principal: INTERNAL_PRINCIPAL, deadlineMs: TIMEOUT_MS },
      )
      const error = (response as CreateTopicsResponse).topics[0]?.errorCode ?? ErrorCode.NONE
      if (error === ErrorCode.NONE || error === ErrorCode.TOPIC_ALREADY_EXISTS) return
      logger.warn('internal topic cannot be made', { topic, error: errorOf(error).name })
    } catch (error) {
      logger.warn('internal topic cannot be made', { topic, error })
    }
  }

  #layout(topic: string): Layout | undefined {
    const config = this.#options.config()
    if (topic !== GROUP_METADATA_TOPIC) return undefined
    return {
      numPartitions: config.values['offsets.topic.num.partitions'],
      replicationFactor: this.#replicationFactor('offsets.topic.replication.factor'),
      configs: [
        { name: 'cleanup.policy', value: 'compact' },
        { name: 'compression.type', value: 'producer' },
        { name: 'segment.bytes', value: String(config.values['offsets.topic.segment.bytes']) },
      ],
    }
  }

  #replicationFactor(key: 'offsets.topic.replication.factor'): number {
    const config = this.#options.config()
    const wanted = config.values[key]
    return config.staticTexts.has(key) ? wanted : Math.max(1, Math.min(wanted, this.#options.registeredBrokers()))
  }
}
