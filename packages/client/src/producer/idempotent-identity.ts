/** A producer id of its own, asked for when first needed: brokers tell repeated attempts by it. */
import type { Cluster } from '../cluster/cluster.ts'
import { isRetriable } from '../errors.ts'
import type { ProducerEngine } from './producer-engine.ts'
import { initProducerId } from './producer-id.ts'
import type { ProducerIdentity, WriteIdentity } from './write-identity.ts'

export class IdempotentIdentity implements WriteIdentity {
  readonly transactionalId = null
  readonly maxProduceVersion = Number.POSITIVE_INFINITY
  readonly #cluster: Cluster
  readonly #engine: ProducerEngine
  #identity: ProducerIdentity | null = null
  #isAsking = false

  constructor(cluster: Cluster, engine: ProducerEngine) {
    this.#cluster = cluster
    this.#engine = engine
  }

  current(): ProducerIdentity | null {
    if (this.#identity === null && !this.#isAsking) {
      this.#isAsking = true
      void this.#ask().finally(() => {
        this.#isAsking = false
        this.#engine.wake()
      })
    }
    return this.#identity
  }

  exhausted(): void {
    this.#identity = null
  }

  admits(): boolean {
    return true
  }

  failed(): void {}

  async #ask(): Promise<void> {
    try {
      const timeoutMs = this.#engine.options.deliveryTimeoutMs
      this.#identity = await initProducerId(this.#cluster, this.#cluster.context({ timeoutMs }))
    } catch (error) {
      // Passing failures end in the delivery timeout of the batches; what will never work fails them now.
      if (!isRetriable(error)) this.#engine.giveUp(error)
    }
  }
}
