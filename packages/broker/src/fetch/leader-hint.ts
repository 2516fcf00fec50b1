/** Tells a client that came to the wrong broker, or with an old epoch, who leads the partition (KIP-951). */
import { ErrorCode } from '@ottla/protocol'
import { endpointFor } from '../endpoints.ts'
import type { RequestContext } from '../request-context.ts'

export interface LeaderHint {
  readonly leaderId: number
  readonly leaderEpoch: number
}

export interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** Collects the hints of one response, and where the leaders named in it are found. */
export class LeaderHints {
  readonly #context: RequestContext
  /** Null until one is named: hardly any response has one. */
  #endpoints: Map<number, NodeEndpoint> | null = null

  constructor(context: RequestContext) {
    this.#context = context
  }

  /** The hint for a partition that failed with `error`; undefined when there is nothing to tell. */
  of(topicId: string, partition: number, error: number): LeaderHint | undefined {
    if (error !== ErrorCode.NOT_LEADER_OR_FOLLOWER && error !== ErrorCode.FENCED_LEADER_EPOCH) return undefined
    const image = this.#context.broker.image.topics.byId(topicId)?.partitions[partition]
    if (image === undefined || image.leader < 0) return undefined
    this.#note(image.leader)
    return { leaderId: image.leader, leaderEpoch: image.leaderEpoch }
  }

  get endpoints(): NodeEndpoint[] {
    return this.#endpoints === null ? [] : [...this.#endpoints.values()]
  }

  #note(nodeId: number): void {
    const endpoints = (this.#endpoints ??= new Map())
    if (endpoints.has(nodeId)) return
    const endpoint = endpointFor(this.#context, nodeId)
    if (endpoint === undefined) return
    const rack = this.#context.broker.image.brokers.get(nodeId)?.rack ?? null
    endpoints.set(nodeId, { nodeId, ...endpoint, rack })
  }
}
