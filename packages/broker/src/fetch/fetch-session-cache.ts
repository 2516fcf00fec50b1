/** The fetch sessions of a broker, at most max.incremental.fetch.session.cache.slots of them. */
import type { Clock, Random } from '@ottla/env'
import type { FetchPartition } from './fetch-partition.ts'
import { FetchSession, type TopicNaming } from './fetch-session.ts'

/** A session that was not used, or at least was kept, for so long may have to go for a new one. */
const EVICTION_MS = 120_000
const MAX_ID = 2 ** 31 - 1

export class FetchSessionCache {
  readonly #world: { readonly clock: Clock; readonly random: Random }
  readonly #maxSessions: number
  /** Least recently used first. */
  readonly #sessions = new Map<number, FetchSession>()
  #evictions = 0

  constructor(world: { readonly clock: Clock; readonly random: Random }, maxSessions: number) {
    this.#world = world
    this.#maxSessions = maxSessions
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Partitions of all sessions. */
  get partitionCount(): number {
    let count = 0
    for (const { size } of this.#sessions.values()) count += size
    return count
  }

  get evictions(): number {
    return this.#evictions
  }

  /** Finds a session and counts it as used now. */
  use(id: number): FetchSession | undefined {
    const session = this.#sessions.get(id)
    if (session === undefined) return undefined
    session.lastUsedMs = this.#world.clock.monotonic()
    this.#sessions.delete(id)
    this.#sessions.set(id, session)
    return session
  }

  isLive(session: FetchSession): boolean {
    return this.#sessions.get(session.id) === session
  }

  remove(id: number): void {
    this.#sessions.delete(id)
  }

  /** A new session of these partitions; undefined when there is no room, and then the client goes without. */
  create(partitions: readonly FetchPartition[], naming: TopicNaming): FetchSession | undefined {
    const nowMs = this.#world.clock.monotonic()
    if (this.#sessions.size >= this.#maxSessions && !this.#evict(partitions.length, nowMs)) return undefined
    const session = new FetchSession({ id: this.#newId(), naming, nowMs })
    for (const partition of partitions) session.set(partition)
    this.#sessions.set(session.id, session)
    return session
  }

  /** Makes room: an unused session goes, else the smallest one that had its time and is smaller than the new one. */
  #evict(newSize: number, nowMs: number): boolean {
    const [leastUsed] = this.#sessions.values()
    if (leastUsed === undefined) return false
    let victim: FetchSession | undefined
    if (nowMs - leastUsed.lastUsedMs > EVICTION_MS) victim = leastUsed
    else {
      for (const session of this.#sessions.values()) {
        if (nowMs - session.createdMs <= EVICTION_MS || session.size >= (victim?.size ?? newSize)) continue
        victim = session
      }
    }
    if (victim === undefined) return false
    this.#sessions.delete(victim.id)
    this.#evictions += 1
    return true
  }

  #newId(): number {
    for (;;) {
      const id = 1 + this.#world.random.below(MAX_ID)
      if (!this.#sessions.has(id)) return id
    }
  }
}
