/** Where replicas lie on the disks of their brokers, and moving them there (KIP-113). */
import { ALTER_REPLICA_LOG_DIRS, DESCRIBE_LOG_DIRS } from '../apis.ts'
import type { CallOptions, Cluster } from '../cluster/cluster.ts'
import { BrokerError, throwBrokerError } from '../errors.ts'
import { partitionKey, type TopicPartition } from '../topic-partition.ts'
import { asTopics } from './leaders.ts'
import { type Outcome, outcomeOf } from './outcome.ts'

export interface LogDirDescription {
  readonly path: string
  /** Null when it is in service. */
  readonly error: BrokerError | null
  readonly replicas: readonly LogDirReplica[]
  /** Of the volume; null when the broker does not say. */
  readonly totalBytes: number | null
  readonly usableBytes: number | null
  /** Gets no new replicas. */
  readonly isCordoned: boolean
}

export interface LogDirReplica extends TopicPartition {
  readonly sizeBytes: number
  /** Records that are missing yet: behind the high watermark, or behind the replica that a future one copies. */
  readonly offsetLag: number
  /** On its way into this folder. */
  readonly isFuture: boolean
}

export interface ReplicaMove extends TopicPartition {
  readonly broker: number
  /** An absolute path of log.dirs. */
  readonly path: string
}

export class LogDirsAdmin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** By broker id; of all brokers, with all partitions, where none are named. */
  async describe(
    options: CallOptions & {
      readonly brokers?: readonly number[]
      readonly partitions?: readonly TopicPartition[]
    } = {},
  ): Promise<Map<number, LogDirDescription[]>> {
    const context = this.#cluster.context(options)
    const brokers = options.brokers ?? (await this.#cluster.metadata.brokers(context)).map(({ id }) => id)
    const topics =
      options.partitions === undefined
        ? null
        : asTopics(options.partitions).map(({ name: topic, partitions }) => ({ topic, partitions }))
    const answers = brokers.map(async (id) => {
      const { results } = await this.#cluster.call(
        {
          target: { kind: 'broker', id },
          api: DESCRIBE_LOG_DIRS,
          init: { topics },
          what: `describe the log dirs of broker ${id}`,
          check: ({ errorCode }) => throwBrokerError(errorCode),
        },
        context,
      )
      return [id, results.map(described)] as const
    })
    return new Map(await Promise.all(answers))
  }

  /** Starts to move replicas into other folders of their brokers. Outcomes by partition key of the move; `describe` shows how far it is. */
  async alter(moves: readonly ReplicaMove[], options: CallOptions = {}): Promise<Map<string, Outcome<void>>> {
    const context = this.#cluster.context(options)
    const byBroker = new Map<number, ReplicaMove[]>()
    for (const move of moves) byBroker.set(move.broker, [...(byBroker.get(move.broker) ?? []), move])
    const outcomes = new Map<string, Outcome<void>>()
    for (const [id, ofBroker] of byBroker) {
      const paths = new Map<string, ReplicaMove[]>()
      for (const move of ofBroker) paths.set(move.path, [...(paths.get(move.path) ?? []), move])
      const { results } = await this.#cluster.call(
        {
          target: { kind: 'broker', id },
          api: ALTER_REPLICA_LOG_DIRS,
          init: { dirs: [...paths].map(([path, ofPath]) => ({ path, topics: asTopics(ofPath) })) },
          what: `move replicas of broker ${id}`,
        },
        context,
      )
      for (const { topicName: topic, partitions } of results) {
        for (const result of partitions) {
          const partition = result.partitionIndex
          outcomes.set(
            partitionKey(topic, partition),
            outcomeOf(result, { topic, partition }, () => undefined),
          )
        }
      }
    }
    return outcomes
  }
}

interface Described {
  readonly errorCode: number
  readonly logDir: string
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly partitionSize: number
      readonly offsetLag: number
      readonly isFutureKey: boolean
    }[]
  }[]
  readonly totalBytes: number
  readonly usableBytes: number
  readonly isCordoned: boolean
}

function described(dir: Described): LogDirDescription {
  return {
    path: dir.logDir,
    error: dir.errorCode === 0 ? null : new BrokerError(dir.errorCode),
    replicas: dir.topics.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ partitionIndex: partition, partitionSize: sizeBytes, offsetLag, isFutureKey: isFuture }) => ({
        topic,
        partition,
        sizeBytes,
        offsetLag,
        isFuture,
      })),
    ),
    totalBytes: dir.totalBytes < 0 ? null : dir.totalBytes,
    usableBytes: dir.usableBytes < 0 ? null : dir.usableBytes,
    isCordoned: dir.isCordoned,
  }
}
