/** A transaction coordinator of one partition over a log in memory, in a time that tests advance. */
import { ApiError, ErrorCode } from '@ottla/protocol'
import { ManualTime } from '@ottla/runtime/testing'
import { assert } from '@ottla/stdx'
import { MemoryLog } from '../../group/testing/memory-log.ts'
import type { TransactionMarkers } from '../ports.ts'
import { defaultTransactionCoordinatorConfig, type TransactionCoordinatorConfig } from '../transaction-config.ts'
import { TransactionCoordinator } from '../transaction-coordinator.ts'
import type { TransactionPartition } from '../transaction-partition.ts'

export class TransactionFixture {
  readonly time = new ManualTime()
  readonly log = new MemoryLog()
  readonly lines: string[] = []
  config: TransactionCoordinatorConfig = { ...defaultTransactionCoordinatorConfig, transactionStatePartitions: 1 }
  coordinator: TransactionCoordinator
  epoch = 0
  /** What was appended commits at once. */
  commitsAtOnce = true
  committedOffset = 0
  /** The controller gives producer ids. */
  givesIds = true
  lastProducerId = 0
  onMarkers: (markers: TransactionMarkers) => void = () => {}

  constructor() {
    this.coordinator = this.#newCoordinator()
  }

  #newCoordinator(): TransactionCoordinator {
    const say =
      (level: string) =>
      (text: string, fields: Readonly<Record<string, unknown>> = {}) =>
        this.lines.push(`${level}: ${text} ${JSON.stringify(fields)}`)
    return new TransactionCoordinator({
      env: {
        clock: this.time,
        timers: this.time,
        log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
        producerIds: { next: () => this.#nextProducerId() },
        markers: { send: (markers) => this.onMarkers(markers) },
      },
      config: () => this.config,
      offsetsPartitionFor: (groupId) => groupId.length,
      compilePattern: (pattern) => {
        const compiled = new RegExp(`^(?:${pattern})$`)
        return (transactionalId) => compiled.test(transactionalId)
      },
    })
  }

  async #nextProducerId(): Promise<number> {
    if (!this.givesIds) throw new ApiError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    return ++this.lastProducerId
  }

  async load(): Promise<void> {
    this.epoch += 1
    const { epoch, log } = this
    this.committedOffset = log.endOffset
    const loading = this.coordinator.load(0, epoch, {
      batches: log.batches(),
      writer: {
        append: (records, options) => {
          assert(epoch === this.epoch, 'only the leader of the present epoch writes')
          const end = log.append(records, options)
          if (this.commitsAtOnce) this.commit(end)
          return end
        },
        appendMarker: (marker) => {
          assert(epoch === this.epoch, 'only the leader of the present epoch writes')
          const end = log.appendMarker(marker)
          if (this.commitsAtOnce) this.commit(end)
          return end
        },
      },
    })
    await this.turns()
    assert((await loading) === 'active', 'the partition was loaded')
  }

  unload(): void {
    this.coordinator.unload(0, ++this.epoch)
  }

  /** A new process: nothing is left but the log. */
  async restart(): Promise<void> {
    this.coordinator.close()
    await this.turns()
    this.coordinator = this.#newCoordinator()
    await this.load()
  }

  commit(offset: number = this.log.endOffset): void {
    this.committedOffset = Math.max(this.committedOffset, offset)
    this.coordinator.committed(0, this.epoch, this.committedOffset)
  }

  /** The write of all that is not committed fails. */
  fail(): void {
    this.log.truncateTo(this.committedOffset)
    const error = new ApiError(ErrorCode.KAFKA_STORAGE_ERROR)
    this.coordinator.failed(0, this.epoch, { error, logEndOffset: this.committedOffset })
  }

  get partition(): TransactionPartition {
    const partition = this.coordinator.inspect('any')
    assert(partition !== undefined, 'the partition is in service')
    return partition
  }

  /** Lets promises run, and what is due now. */
  async turns(): Promise<void> {
    for (let i = 0; i < 30; i++) {
      this.time.advance(0)
      await Promise.resolve()
    }
  }
}
