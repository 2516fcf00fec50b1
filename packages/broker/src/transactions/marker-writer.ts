/**
 * Markers at the leader of their partitions: written, and answered for when all replicas in sync have them. Those of `__consumer_offsets` go
 * through the group coordinator, whose state they change.
 */
import type { PartitionMarker } from '@ottla/coordinator'
import { ApiError, ErrorCode } from '@ottla/protocol'
import type { BrokerContext } from '../broker-context.ts'
import { GROUP_METADATA_TOPIC } from '../internal-topics.ts'
import type { AckWaiter } from '../replica/ack-queue.ts'
import type { Replica } from '../replica/replica.ts'
import { whenReady } from '../replica/when-ready.ts'
import { appendMarker } from './append-marker.ts'

type Needs = Pick<BrokerContext, 'replicas' | 'groups' | 'env' | 'deadlines' | 'config'>

export class MarkerWriter {
  readonly #broker: Needs

  constructor(broker: Needs) {
    this.#broker = broker
  }

  /** Resolves with the error code of the partition. */
  async write(topic: string, partition: number, marker: PartitionMarker): Promise<number> {
    const { replica, error } = this.#broker.replicas.find(topic, partition)
    if (replica === undefined) return error
    if (!replica.isReady) await whenReady(replica)
    const leaderError = replica.leaderError(-1)
    if (leaderError !== ErrorCode.NONE) return leaderError
    if (topic === GROUP_METADATA_TOPIC) return this.#writeToGroups(partition, marker)
    return this.#append(replica, marker)
  }

  async #writeToGroups(partition: number, marker: PartitionMarker): Promise<number> {
    try {
      await this.#broker.groups.coordinator.completeTransaction(partition, marker)
      return ErrorCode.NONE
    } catch (error) {
      if (error instanceof ApiError) return asOfLeader(error.code)
      throw error
    }
  }

  #append(replica: Replica, marker: PartitionMarker): number | Promise<number> {
    if (replica.image.isr.length < replica.minInsyncReplicas) return ErrorCode.NOT_ENOUGH_REPLICAS
    const result = appendMarker(replica, marker, this.#broker.env.clock.now())
    if (result.kind === 'rejected') return result.error
    const endOffset = result.lastOffset + 1
    if (replica.isSafe(endOffset, 'all')) return ErrorCode.NONE
    const { deadlines, config } = this.#broker
    return new Promise((resolve) => {
      const deadline = deadlines.after(config.int('request.timeout.ms'), () => resolve(ErrorCode.REQUEST_TIMED_OUT))
      const waiter: AckWaiter = {
        acknowledged: (_index, error) => {
          deadlines.cancel(deadline)
          resolve(error)
        },
      }
      replica.awaitAck(endOffset, 'all', { waiter, index: 0 })
    })
  }
}

/** The transaction coordinator knows leaders of partitions, not coordinators of groups. */
function asOfLeader(errorCode: number): number {
  switch (errorCode) {
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.NOT_COORDINATOR:
      return ErrorCode.NOT_LEADER_OR_FOLLOWER
    default:
      return errorCode
  }
}
