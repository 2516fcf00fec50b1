/** Tells the controller in which log dir each replica is (KIP-858), where that differs from what the metadata say. */
import type { Env, Logger } from '@ottla/env'
import type { ControllerChannel } from '@ottla/metadata'
import { API_KEYS, ErrorCode, errorOf } from '@ottla/protocol'
import { INTERNAL_PRINCIPAL } from '../request-context.ts'
import { principalText } from '../to-controller.ts'
import type { Replica } from './replica.ts'

export interface DirectoryAssignmentsOptions {
  readonly env: Env
  readonly logger: Logger
  readonly channel: ControllerChannel
  readonly nodeId: number
  readonly brokerEpoch: () => number
}

/** What becomes known within so long is told at once. */
const GATHER_MS = 100
const RETRY_MS = 5000
const DEADLINE_MS = 30_000

export class DirectoryAssignments {
  readonly #options: DirectoryAssignmentsOptions
  readonly #waiting = new Map<string, { readonly replica: Replica; readonly directoryId: string }>()
  #isScheduled = false

  constructor(options: DirectoryAssignmentsOptions) {
    this.#options = options
  }

  /** The log of the replica is in that dir. */
  note(replica: Replica, directoryId: string): void {
    const { image } = replica
    const known = image.directories[image.replicas.indexOf(this.#options.nodeId)]
    if (known === directoryId) return
    this.#waiting.set(`${replica.topicId} ${replica.partition}`, { replica, directoryId })
    this.#schedule(GATHER_MS)
  }

  #schedule(delayMs: number): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#options.env.timers.after(delayMs, () => void this.#tell())
  }

  async #tell(): Promise<void> {
    this.#isScheduled = false
    const { channel, nodeId, brokerEpoch, env, logger } = this.#options
    const told = [...this.#waiting]
    this.#waiting.clear()
    const directories = new Map<string, Map<string, { partitionIndex: number }[]>>()
    for (const [, { replica, directoryId }] of told) {
      if (replica.isStopped) continue
      const topics = directories.get(directoryId) ?? new Map<string, { partitionIndex: number }[]>()
      directories.set(directoryId, topics)
      const partitions = topics.get(replica.topicId) ?? []
      topics.set(replica.topicId, partitions)
      partitions.push({ partitionIndex: replica.partition })
    }
    if (directories.size === 0) return
    const request = {
      brokerId: nodeId,
      brokerEpoch: brokerEpoch(),
      directories: Array.from(directories, ([id, topics]) => ({
        id,
        topics: Array.from(topics, ([topicId, partitions]) => ({ topicId, partitions })),
      })),
    }
    try {
      const { errorCode } = await channel.request(API_KEYS.AssignReplicasToDirs, request, {
        principal: principalText(INTERNAL_PRINCIPAL),
        deadlineMs: env.clock.now() + DEADLINE_MS,
      })
      if (errorCode === ErrorCode.NONE) return
      logger.warn('log dirs of replicas were refused', { error: errorOf(errorCode).name })
    } catch (error) {
      logger.warn('log dirs of replicas could not be told', { error })
    }
    for (const [key, each] of told) if (!this.#waiting.has(key)) this.#waiting.set(key, each)
    this.#schedule(RETRY_MS)
  }
}
