/**
 * Membership under the consumer protocol where the brokers know it and the group takes it, under the classic one otherwise. What is chosen at the first
 * join stays.
 */
import type { CallContext } from '../../cluster/cluster.ts'
import { type CommitIdentity, NO_MEMBER } from '../group-offsets.ts'
import { ClassicMembership } from './classic-membership.ts'
import { ConsumerMembership, isOtherProtocol } from './consumer-membership.ts'
import type { Membership, MembershipOptions } from './membership.ts'

const CONSUMER_GROUP_HEARTBEAT_KEY = 68

export class ChoosingMembership implements Membership {
  readonly #parts: MembershipOptions
  #chosen: Membership | null = null
  #hasJoined = false
  #polls = false

  constructor(parts: MembershipOptions) {
    this.#parts = parts
  }

  get identity(): CommitIdentity {
    return this.#chosen?.identity ?? NO_MEMBER
  }

  get isStable(): boolean {
    return this.#chosen?.isStable ?? false
  }

  get keepsPartitions(): boolean {
    return this.#chosen?.keepsPartitions ?? false
  }

  get heardAt(): number | null {
    return this.#chosen?.heardAt ?? null
  }

  get failure(): Error | null {
    return this.#chosen?.failure ?? null
  }

  polled(): void {
    this.#polls = true
    this.#chosen?.polled()
  }

  requestRejoin(): void {
    if (this.#chosen === null) this.#parts.onRejoinNeeded()
    else this.#chosen.requestRejoin()
  }

  watchTopics(): void {
    this.#chosen?.watchTopics()
  }

  async ensureJoined(): Promise<void> {
    this.#chosen ??= await this.#choose()
    if (this.#polls) this.#chosen.polled()
    try {
      await this.#chosen.ensureJoined()
    } catch (error) {
      if (this.#hasJoined || !isOtherProtocol(error) || this.#chosen instanceof ClassicMembership) throw error
      this.#chosen = new ClassicMembership(this.#parts)
      this.#chosen.polled()
      await this.#chosen.ensureJoined()
    }
    this.#hasJoined = true
  }

  async leave(context: CallContext): Promise<void> {
    await this.#chosen?.leave(context)
  }

  async #choose(): Promise<Membership> {
    const { cluster, group } = this.#parts
    const { peer } = await cluster.connectionTo({ kind: 'coordinator', group }, cluster.context({}))
    const isKnown = peer.apis.has(CONSUMER_GROUP_HEARTBEAT_KEY) && (peer.features.get('group.version') ?? 0) >= 1
    return isKnown ? new ConsumerMembership(this.#parts) : new ClassicMembership(this.#parts)
  }
}
