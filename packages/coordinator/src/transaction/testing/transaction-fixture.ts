/** A transaction coordinator of one partition over a log in memory, in a time that tests advance. */
import { ApiError, ErrorCode } from '@ottla/protocol'
import { ManualTime } from '@ottla/runtime/testing'
import { assert } from '@ottla/stdx'
import { type CoordinatorFixture, commit, fail, load, loggerInto, turns } from '../../testing/coordinator-fixture.ts'
import { MemoryLog } from '../../testing/memory-log.ts'
import type { TransactionMarkers } from '../ports.ts'
import { defaultTransactionCoordinatorConfig, type TransactionCoordinatorConfig } from '../transaction-config.ts'
import { TransactionCoordinator } from '../transaction-coordinator.ts'
import type { TransactionPartition } from '../transaction-partition.ts'

export class TransactionFixture implements CoordinatorFixture {
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
    return new TransactionCoordinator({
      env: {
        clock: this.time,
        timers: this.time,
        log: loggerInto(this.lines),
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

  load(): Promise<void> {
    return load(this)
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
    commit(this, offset)
  }

  /** The write of all that is not committed fails. */
  fail(): void {
    fail(this)
  }

  get partition(): TransactionPartition {
    const partition = this.coordinator.inspect('any')
    assert(partition !== undefined, 'the partition is in service')
    return partition
  }

  turns(): Promise<void> {
    return turns(this.time)
  }
}
