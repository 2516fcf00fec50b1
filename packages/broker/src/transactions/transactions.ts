/** Transactions of a broker: its coordinator, the way of markers to partitions, and the way of partitions to the coordinator. */
import { TransactionCoordinator, type TransactionMarkers } from '@ottla/coordinator'
import { ErrorCode } from '@ottla/protocol'
import type { BrokerContext } from '../broker-context.ts'
import { CoordinatorService } from '../coordinators/coordinator-service.ts'
import { TRANSACTION_STATE_TOPIC } from '../internal-topics.ts'
import { compileRe2 } from '../re2.ts'
import { Completions } from './completions.ts'
import { MarkerChannel } from './marker-channel.ts'
import { MarkerWriter } from './marker-writer.ts'
import { PartitionVerifier, type TransactionQuestion } from './partition-verifier.ts'
import { transactionCoordinatorConfig } from './transaction-coordinator-config.ts'

/** The version of AddPartitionsToTxn in which partition leaders ask. */
const ASKING_VERSION = 5

export class Transactions {
  readonly service: CoordinatorService<TransactionCoordinator>
  /** For partition leaders: asked before the first batch of a transaction. */
  readonly verifier: PartitionVerifier
  /** For partition leaders: writes the marker of a transaction. */
  readonly markers: MarkerWriter
  readonly #completions = new Completions()
  readonly #broker: BrokerContext

  constructor(broker: BrokerContext) {
    this.#broker = broker
    const { env, deadlines } = broker
    const logger = env.logger.child('coordinator.transaction')
    this.markers = new MarkerWriter(broker)
    const channel = new MarkerChannel({
      nodeId: broker.nodeId,
      image: () => broker.image,
      logger,
      writeHere: ({ topic, partition }, marker) => this.markers.write(topic, partition, marker),
      // There are no other brokers yet.
      writeThere: async (_nodeId, targets) => targets.map(() => ErrorCode.NETWORK_EXCEPTION),
      report: (markers, report) => this.#report(markers, report),
    })
    const coordinator = new TransactionCoordinator({
      env: { clock: env.clock, timers: env.timers, log: logger, producerIds: broker.producerIds, markers: channel },
      config: () => transactionCoordinatorConfig(broker.config, broker.image),
      offsetsPartitionFor: (groupId) => broker.groups.coordinator.partitionFor(groupId),
      compilePattern: compileRe2,
    })
    this.service = new CoordinatorService({ topic: TRANSACTION_STATE_TOPIC, coordinator, logger })
    this.verifier = new PartitionVerifier({
      ask: (question) => this.#ask(question),
      completions: this.#completions,
      deadlines,
      backoff: () => ({
        stepMs: broker.config.int('add.partitions.to.txn.retry.backoff.ms'),
        maxMs: broker.config.int('add.partitions.to.txn.retry.backoff.max.ms'),
      }),
      monotonicMs: () => env.clock.monotonic(),
    })
  }

  get coordinator(): TransactionCoordinator {
    return this.service.coordinator
  }

  #report(
    { partition, coordinatorEpoch, transactionalId }: TransactionMarkers,
    report: Parameters<TransactionCoordinator['markersWritten']>[2],
  ): void {
    const taken = this.coordinator.markersWritten(partition, coordinatorEpoch, report)
    this.#completions.happened(transactionalId)
    taken.catch((error: unknown) => this.#broker.fatal(error as Error))
  }

  async #ask({ transactionalId, producerId, producerEpoch, kind, partitions }: TransactionQuestion): Promise<number[]> {
    const topics = new Map<string, number[]>()
    for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition])
    const transaction = {
      transactionalId,
      producerId,
      producerEpoch,
      verifyOnly: kind === 'verify',
      topics: [...topics].map(([name, numbers]) => ({ name, partitions: numbers })),
    }
    const { resultsByTransaction } = await this.coordinator.addPartitionsToTxn(
      { ...NO_OLD_FIELDS, transactions: [transaction] },
      { apiVersion: ASKING_VERSION },
    )
    const codes = new Map<string, number>()
    for (const { name, resultsByPartition } of resultsByTransaction?.[0]?.topicResults ?? []) {
      for (const { partitionIndex, partitionErrorCode } of resultsByPartition ?? [])
        codes.set(`${partitionIndex}/${name}`, partitionErrorCode ?? ErrorCode.NONE)
    }
    return partitions.map(
      ({ topic, partition }) => codes.get(`${partition}/${topic}`) ?? ErrorCode.UNKNOWN_SERVER_ERROR,
    )
  }
}

const NO_OLD_FIELDS = {
  v3AndBelowTransactionalId: '',
  v3AndBelowProducerId: -1,
  v3AndBelowProducerEpoch: -1,
  v3AndBelowTopics: [],
}
