/**
 * Share sessions: what each member of a share group reads here, kept between its requests (KIP-932). A session belongs to the connection that
 * began it, and ends with it. Its epoch counts the requests: 0 begins a session, -1 ends it.
 */
import { ErrorCode } from '@ottla/protocol'
import { partitionKey, type TopicIdPartition } from './share-partition-key.ts'

export const INITIAL_EPOCH = 0
export const FINAL_EPOCH = -1
const MAX_EPOCH = 0x7fff_ffff

export interface ShareSession {
  readonly groupId: string
  readonly memberId: string
  readonly connectionId: number
  /** What the next request has to bring. */
  epoch: number
  /** In the order in which the member named them. */
  readonly partitions: Map<string, TopicIdPartition>
}

/** Who asks, and with which epoch. */
export interface SessionRequest {
  readonly groupId: string
  readonly memberId: string
  readonly epoch: number
  readonly connectionId: number
}

export type SessionOutcome =
  | { readonly kind: 'session'; readonly session: ShareSession }
  | { readonly kind: 'refused'; readonly error: number; readonly message: string }

export class ShareSessions {
  readonly #maxSessions: () => number
  readonly #onClosed: (session: ShareSession) => void
  readonly #sessions = new Map<string, ShareSession>()
  readonly #byGroup = new Map<string, Set<ShareSession>>()
  readonly #byConnection = new Map<number, Set<ShareSession>>()

  /** `onClosed` is told of each session that ends, whatever ended it. */
  constructor(maxSessions: () => number, onClosed: (session: ShareSession) => void) {
    this.#maxSessions = maxSessions
    this.#onClosed = onClosed
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Of all sessions. */
  get partitionCount(): number {
    let count = 0
    for (const { partitions } of this.#sessions.values()) count += partitions.size
    return count
  }

  /** The session of a request; a new one when its epoch says so, which ends the one before. */
  use(request: SessionRequest): SessionOutcome {
    const known = this.#sessions.get(keyOf(request))
    if (request.epoch === INITIAL_EPOCH) {
      if (known !== undefined) this.close(known)
      return this.#create(request)
    }
    if (known === undefined) {
      return refused(ErrorCode.SHARE_SESSION_NOT_FOUND, `Member ${request.memberId} has no share session here.`)
    }
    if (request.epoch === FINAL_EPOCH) return { kind: 'session', session: known }
    if (request.epoch !== known.epoch) {
      return refused(
        ErrorCode.INVALID_SHARE_SESSION_EPOCH,
        `The share session expects epoch ${known.epoch}, not ${request.epoch}.`,
      )
    }
    known.epoch = known.epoch === MAX_EPOCH ? 1 : known.epoch + 1
    return { kind: 'session', session: known }
  }

  close(session: ShareSession): void {
    const key = keyOf(session)
    if (this.#sessions.get(key) !== session) return
    this.#sessions.delete(key)
    forget(this.#byGroup, session.groupId, session)
    forget(this.#byConnection, session.connectionId, session)
    this.#onClosed(session)
  }

  /** A connection is closed: nobody is there to hold what its members hold. */
  connectionClosed(connectionId: number): void {
    for (const session of [...(this.#byConnection.get(connectionId) ?? [])]) this.close(session)
  }

  /** Whether some session of a group reads a partition. */
  isRead(groupId: string, partition: TopicIdPartition): boolean {
    const key = partitionKey(partition)
    for (const { partitions } of this.#byGroup.get(groupId) ?? []) if (partitions.has(key)) return true
    return false
  }

  #create({ groupId, memberId, connectionId }: SessionRequest): SessionOutcome {
    if (this.#sessions.size >= this.#maxSessions()) {
      return refused(ErrorCode.SHARE_SESSION_LIMIT_REACHED, 'There are as many share sessions as this broker may have.')
    }
    const session: ShareSession = { groupId, memberId, connectionId, epoch: 1, partitions: new Map() }
    this.#sessions.set(keyOf(session), session)
    note(this.#byGroup, groupId, session)
    note(this.#byConnection, connectionId, session)
    return { kind: 'session', session }
  }
}

function keyOf({ groupId, memberId }: { readonly groupId: string; readonly memberId: string }): string {
  return `${memberId}\0${groupId}`
}

function note<K>(index: Map<K, Set<ShareSession>>, key: K, session: ShareSession): void {
  const sessions = index.get(key)
  if (sessions === undefined) index.set(key, new Set([session]))
  else sessions.add(session)
}

function forget<K>(index: Map<K, Set<ShareSession>>, key: K, session: ShareSession): void {
  const sessions = index.get(key)
  sessions?.delete(session)
  if (sessions?.size === 0) index.delete(key)
}

function refused(error: number, message: string): SessionOutcome {
  return { kind: 'refused', error, message }
}
