/**
 * A run of offsets that share one state within a share partition: what is kept in place of an object for each record. Runs are split where
 * members treat records differently, and joined again when they end alike.
 */

/** As stored and sent (KIP-932; 3 is KIP-1191). Acquired is never stored. */
export const DeliveryState = { AVAILABLE: 0, ACQUIRED: 1, ACKNOWLEDGED: 2, ARCHIVING: 3, ARCHIVED: 4 } as const
export type DeliveryState = (typeof DeliveryState)[keyof typeof DeliveryState]

/** Why records are archived: a member refused them, or they were delivered as often as the group allows. */
export type ArchiveCause = 'rejected' | 'delivery-limit'

/** A change that counts when it was stored. Until then the run is nobody's. */
export interface Pending {
  readonly state: DeliveryState
  readonly cause: ArchiveCause | null
  readonly transition: Transition
}

/** Changes that are stored together or not at all. */
export interface Transition {
  readonly runs: Run[]
  /** From the beginning of its write to the write's end. */
  isWriting: boolean
}

export function newTransition(): Transition {
  return { runs: [], isWriting: false }
}

export interface Run {
  first: number
  /** Inclusive. */
  last: number
  state: DeliveryState
  /** Deliveries so far, the present one included. */
  deliveryCount: number
  /** Member that holds the lock while the run is acquired, else ''. */
  memberId: string
  /** When the lock ends, monotonic milliseconds; Infinity without one. */
  lockUntilMs: number
  cause: ArchiveCause | null
  pending: Pending | null
  /** Changed without waiting for the store, which is to be told with the next write. */
  isUnwritten: boolean
  /** Its copying to the dead-letter topic has begun. */
  isHandedOut: boolean
  /** The log start passed it: not part of the window any more. */
  isGone: boolean
}

export const NO_LOCK = Number.POSITIVE_INFINITY

export function newRun(
  first: number,
  last: number,
  state: DeliveryState,
  rest: Partial<Pick<Run, 'deliveryCount' | 'memberId' | 'lockUntilMs' | 'cause'>> = {},
): Run {
  return {
    first,
    last,
    state,
    deliveryCount: rest.deliveryCount ?? 0,
    memberId: rest.memberId ?? '',
    lockUntilMs: rest.lockUntilMs ?? NO_LOCK,
    cause: rest.cause ?? null,
    pending: null,
    isUnwritten: false,
    isHandedOut: false,
    isGone: false,
  }
}

/** Nothing happens to such records any more. */
export function isFinal(state: DeliveryState): boolean {
  return state === DeliveryState.ACKNOWLEDGED || state === DeliveryState.ARCHIVED
}

export function lengthOf(run: Run): number {
  return run.last - run.first + 1
}

/** Whether two neighbours can be one. Of final runs only the state matters. */
export function isAlike(a: Run, b: Run): boolean {
  if (a.state !== b.state || a.pending !== null || b.pending !== null) return false
  if (isFinal(a.state)) return true
  // What is copied to the dead-letter topic is told apart by where it begins and ends.
  if (a.state === DeliveryState.ARCHIVING) return false
  return (
    a.deliveryCount === b.deliveryCount &&
    a.memberId === b.memberId &&
    a.lockUntilMs === b.lockUntilMs &&
    a.isUnwritten === b.isUnwritten
  )
}
