/** The root of a client: one set of connections and one view of the cluster, for any number of producers, consumers and admins. */
import { type NodeEnv, nodeEnv } from '@ottla/env/node'
import { prometheusText } from '@ottla/stdx'
import { Admin } from './admin/admin.ts'
import { Cluster } from './cluster/cluster.ts'
import { Consumer } from './consumer/consumer.ts'
import type { ConsumerOptions } from './consumer/consumer-options.ts'
import { clusterOptions, type KafkaOptions } from './kafka-options.ts'
import type { OutboxRelayOptions } from './outbox/outbox-options.ts'
import { OutboxRelay } from './outbox/outbox-relay.ts'
import type { PostgresClient } from './postgres/postgres-types.ts'
import { Producer } from './producer/producer.ts'
import type { ProducerOptions } from './producer/producer-options.ts'
import {
  TransactionalProducer,
  type TransactionalProducerOptions,
} from './producer/transaction/transactional-producer.ts'
import { ReplyServer } from './request-reply/reply-server.ts'
import type { RequesterOptions, RequestHandler, ServeOptions } from './request-reply/request-options.ts'
import { Requester } from './request-reply/requester.ts'
import { type RedriveOptions, type RedriveResult, redrive } from './retry/redrive.ts'
import { ShareConsumer } from './share/share-consumer.ts'
import type { ShareConsumerOptions } from './share/share-options.ts'
import { MetricsPush } from './telemetry/metrics-push.ts'
import { CLIENT_METRICS, type ClientMetricSource } from './telemetry/metrics-table.ts'
import type { Topic } from './topic.ts'

/**
 * The root of a client: connections and what is known of the cluster, shared by all that is made from it.
 *
 *     await using kafka = new Kafka({ bootstrapServers: 'localhost:9092' })
 *     const producer = kafka.producer()
 *     await producer.send({ topic: 'greetings', value: Buffer.from('hello') })
 */
export class Kafka {
  readonly #cluster: Cluster
  readonly #ownEnv: NodeEnv | null
  readonly #push: MetricsPush | null

  /** Connects to nothing yet, unless it is to push metrics. Throws ArgumentError. */
  constructor(options: KafkaOptions) {
    const resolved = clusterOptions(options)
    this.#ownEnv = options.env === undefined ? nodeEnv({ logLevel: 'warn', timersKeepAlive: true }) : null
    const cluster = new Cluster((options.env ?? this.#ownEnv)!, resolved)
    this.#cluster = cluster
    this.#push = options.pushMetrics === true ? new MetricsPush({ cluster, source: () => this.#figures() }) : null
    this.#push?.start()
  }

  /** A producer. Throws ArgumentError. */
  producer(options: ProducerOptions = {}): Producer {
    return new Producer(this.#cluster, options)
  }

  /** A producer that writes in transactions alone. Throws ArgumentError. */
  transactionalProducer(options: TransactionalProducerOptions): TransactionalProducer {
    return new TransactionalProducer(this.#cluster, options)
  }

  /** A consumer. Throws ArgumentError. */
  consumer<K = Buffer, V = Buffer>(options: ConsumerOptions<K, V> = {}): Consumer<K, V> {
    return new Consumer<K, V>(this.#cluster, options)
  }

  /** A consumer that shares the records of its topics with the others of its group, one by one. Throws ArgumentError. */
  shareConsumer<K = Buffer, V = Buffer>(options: ShareConsumerOptions<K, V>): ShareConsumer<K, V> {
    return new ShareConsumer<K, V>(this.#cluster, options)
  }

  /** Sends requests and waits for their replies. Throws ArgumentError. */
  requester<V = Buffer>(options: RequesterOptions<V>): Requester<V> {
    return new Requester<V>(this.#cluster, options)
  }

  /** Answers the requests of a topic with what the handler returns, until it is closed. Throws ArgumentError. */
  serve<K = Buffer, V = Buffer, R = Buffer>(
    topic: Topic<K, V> | string,
    handler: RequestHandler<K, V, R>,
    options: ServeOptions<R>,
  ): ReplyServer<K, V, R> {
    return new ReplyServer<K, V, R>(this.#cluster, topic, { handler, options })
  }

  /**
   * Sends dead letters back to where they came from, without their failure headers and with a count of their redrives (`ottla_redrive-count`). Ends at the end as it
   * was at the beginning; what the next one finds is what came since. Rejects with ArgumentError, BrokerError, TimeoutError.
   */
  redrive(options: RedriveOptions): Promise<RedriveResult> {
    return redrive(this.#cluster, options)
  }

  /** Sends what an OutboxWriter wrote, until it is closed. Throws ArgumentError. */
  outboxRelay<C extends PostgresClient>(options: OutboxRelayOptions<C>): OutboxRelay<C> {
    return new OutboxRelay<C>(this.#cluster, options)
  }

  /**
   * The figures of this client, its producers and its consumers, in the text format of Prometheus 0.0.4: serve it under `/metrics`. Names are those that Kafka's
   * clients have by way of the JMX exporter, where Kafka has them.
   */
  async metrics(): Promise<string> {
    const { env } = this.#cluster
    const pause = () => new Promise<void>((resolve) => env.timers.defer(resolve))
    const options = { monotonic: () => env.clock.monotonic(), pause }
    return await prometheusText(CLIENT_METRICS, this.#figures(), options)
  }

  admin(): Admin {
    return new Admin(this.#cluster)
  }

  /** Closes what was opened from here (producers send what they hold, consumers leave their groups), then the connections. */
  async close(): Promise<void> {
    await this.#push?.close()
    await Promise.allSettled([...this.#cluster.roles].map((role) => role[Symbol.asyncDispose]()))
    this.#cluster.close()
    this.#ownEnv?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #figures(): Omit<ClientMetricSource, 'breathe'> {
    const { telemetry, roles } = this.#cluster
    const consumers = [...roles].filter((role) => role instanceof Consumer)
    return { clientId: telemetry.clientId, figures: telemetry.figures, consumers }
  }
}
