/** The coordinators of a broker, together: one service for each internal topic that has one. */
import type { ShardCounts } from '@ottla/runtime'
import type { ReplicaRegistry } from '../replica/replica-registry.ts'
import type { CoordinatorService, ReplicatedCoordinator } from './coordinator-service.ts'

export class Coordinators {
  readonly #services: readonly CoordinatorService<ReplicatedCoordinator>[]

  constructor(services: readonly CoordinatorService<ReplicatedCoordinator>[]) {
    this.#services = services
  }

  /** Whether some coordinator keeps its state in the topic. */
  serves(topic: string): boolean {
    return this.#services.some((service) => service.topic === topic)
  }

  /** Has every coordinator follow the replicas of its topic. */
  follow(replicas: ReplicaRegistry): void {
    for (const service of this.#services) replicas.observe(service)
  }

  /** Topics were deleted, which coordinators may speak of. */
  topicsDeleted(names: readonly string[]): void {
    for (const { coordinator } of this.#services) void coordinator.topicsDeleted?.(names)
  }

  /** For each coordinator its topic, and the partitions of it that are served here, by state. */
  *partitionCounts(): IterableIterator<[topic: string, counts: ShardCounts]> {
    for (const { topic, coordinator } of this.#services) yield [topic, coordinator.partitionCounts()]
  }

  /** Waits until all that was written so far is committed, or failed. */
  async settle(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.settle()))
  }

  /** Ends all service. Who waits is told. */
  close(): void {
    for (const { coordinator } of this.#services) coordinator.close()
  }
}
