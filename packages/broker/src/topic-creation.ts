/**
 * Topics that are made because somebody named them: by Metadata, or because a coordinator needs its log.
 *
 * The request that asks first is answered before the topic is there, as by Apache Kafka: UNKNOWN_TOPIC_OR_PARTITION, and the client asks
 * again. A topic is asked for at most once at a time.
 */
import { topicNameProblem } from '@ottla/metadata'
import { API_KEYS, type CreateTopicsRequest, ErrorCode } from '@ottla/protocol'
import type { BrokerContext } from './broker-context.ts'
import { GROUP_METADATA_TOPIC, SHARE_GROUP_STATE_TOPIC, TRANSACTION_STATE_TOPIC } from './internal-topics.ts'
import { INTERNAL_PRINCIPAL } from './request-context.ts'
import { principalText } from './to-controller.ts'

type NewTopic = CreateTopicsRequest['topics'][number]

/** What a client is told that names a topic which is not there. */
export function unknownTopicError(name: string): number {
  return topicNameProblem(name) === null ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.INVALID_TOPIC_EXCEPTION
}

export class TopicCreation {
  readonly #broker: BrokerContext
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(broker: BrokerContext) {
    this.#broker = broker
  }

  /** Starts the creation of a topic that does not exist. The error is what the client is to be told now. */
  start(name: string): number {
    const error = unknownTopicError(name)
    if (error === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) void this.create(name)
    return error
  }

  /** Resolves when the topic was made, or could not be; what the image says then counts. Many calls make one creation. */
  create(name: string): Promise<void> {
    const underWay = this.#underWay.get(name)
    if (underWay !== undefined) return underWay
    const creation = this.#create(name).finally(() => this.#underWay.delete(name))
    this.#underWay.set(name, creation)
    return creation
  }

  async #create(name: string): Promise<void> {
    const { channel, config, env, logger } = this.#broker
    const timeoutMs = config.int('request.timeout.ms')
    const deadlineMs = env.clock.now() + timeoutMs
    const request = { topics: [newTopic(this.#broker, name)], timeoutMs, validateOnly: false }
    try {
      const principal = principalText(INTERNAL_PRINCIPAL)
      const { topics } = await channel.request(API_KEYS.CreateTopics, request, { principal, deadlineMs })
      const result = topics[0]
      if (
        result !== undefined &&
        result.errorCode !== ErrorCode.NONE &&
        result.errorCode !== ErrorCode.TOPIC_ALREADY_EXISTS
      ) {
        logger.warn('topic cannot be created on demand', {
          topic: name,
          error: result.errorCode,
          reason: result.errorMessage,
        })
      }
    } catch (error) {
      logger.warn('topic cannot be created on demand', { topic: name, error })
    }
  }
}

function newTopic(broker: BrokerContext, name: string): NewTopic {
  const { config } = broker
  switch (name) {
    case GROUP_METADATA_TOPIC:
      return layout(name, {
        partitions: config.int('offsets.topic.num.partitions'),
        replicas: boundedReplication(broker, 'offsets.topic.replication.factor'),
        configs: {
          'cleanup.policy': 'compact',
          'compression.type': 'producer',
          'segment.bytes': config.int('offsets.topic.segment.bytes'),
        },
      })
    case TRANSACTION_STATE_TOPIC: {
      const replicas = boundedReplication(broker, 'transaction.state.log.replication.factor')
      return layout(name, {
        partitions: config.int('transaction.state.log.num.partitions'),
        replicas,
        configs: {
          'cleanup.policy': 'compact',
          'compression.type': 'uncompressed',
          'unclean.leader.election.enable': 'false',
          'min.insync.replicas': bounded(broker, 'transaction.state.log.min.isr', replicas),
          'segment.bytes': config.int('transaction.state.log.segment.bytes'),
        },
      })
    }
    case SHARE_GROUP_STATE_TOPIC: {
      const replicas = boundedReplication(broker, 'share.coordinator.state.topic.replication.factor')
      return layout(name, {
        partitions: config.int('share.coordinator.state.topic.num.partitions'),
        replicas,
        configs: {
          'cleanup.policy': 'delete',
          'compression.type': 'producer',
          'min.insync.replicas': bounded(broker, 'share.coordinator.state.topic.min.isr', replicas),
          'segment.bytes': config.int('share.coordinator.state.topic.segment.bytes'),
          'retention.ms': -1,
        },
      })
    }
    default:
      return layout(name, { partitions: -1, replicas: -1 })
  }
}

interface Layout {
  /** -1: the broker's default. */
  readonly partitions: number
  readonly replicas: number
  readonly configs?: Readonly<Record<string, string | number>>
}

function layout(name: string, { partitions, replicas, configs = {} }: Layout): NewTopic {
  return {
    name,
    numPartitions: partitions,
    replicationFactor: replicas,
    assignments: [],
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value: String(value) })),
  }
}

type FactorKey =
  | 'offsets.topic.replication.factor'
  | 'transaction.state.log.replication.factor'
  | 'share.coordinator.state.topic.replication.factor'
type LimitKey = FactorKey | 'transaction.state.log.min.isr' | 'share.coordinator.state.topic.min.isr'

function boundedReplication(broker: BrokerContext, key: FactorKey): number {
  return bounded(broker, key, broker.image.brokers.size)
}

/**
 * A setting that somebody made is obeyed, and creation fails where it cannot be. The default, made for clusters, is bounded by
 * what there is, so that a single broker needs no settings.
 */
function bounded(broker: BrokerContext, key: LimitKey, limit: number): number {
  const value = broker.config.int(key)
  return broker.config.staticTexts.has(key) ? value : Math.max(1, Math.min(value, limit))
}
