/**
 * A fetch session with one broker (KIP-227): the broker remembers what is fetched, and each request tells only what
 * changed. Anything unexpected starts over with a full request.
 */
import { ErrorCode, type FetchResponse, type Value, ZERO_UUID } from '@ottla/protocol'

/** What is fetched of one partition. */
export interface FetchTarget {
  readonly key: string
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly fetchOffset: number
  readonly leaderEpoch: number
  readonly maxBytes: number
}

/** What the next request says. */
export interface FetchDelta {
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly changed: readonly FetchTarget[]
  readonly forgotten: readonly FetchTarget[]
}

const NO_SESSION = 0
/** Asks for a new session. */
const INITIAL_EPOCH = 0
const MAX_EPOCH = 2 ** 31 - 1

export class FetchSession {
  #id = NO_SESSION
  #epoch = INITIAL_EPOCH
  /** What the broker remembers. */
  #known = new Map<string, FetchTarget>()
  #names = new Map<string, string>()

  /** The request that makes the broker fetch exactly `targets`. */
  next(targets: readonly FetchTarget[]): FetchDelta {
    const wanted = new Map(targets.map((target) => [target.key, target]))
    this.#names = new Map(targets.map(({ topicId, topic }) => [topicId, topic]))
    if (this.#id === NO_SESSION) {
      this.#known = wanted
      return { sessionId: NO_SESSION, sessionEpoch: INITIAL_EPOCH, changed: targets, forgotten: [] }
    }
    const changed = targets.filter((target) => !isSame(target, this.#known.get(target.key)))
    const forgotten = [...this.#known.values()].filter(({ key, topicId }) => wanted.get(key)?.topicId !== topicId)
    this.#known = wanted
    return { sessionId: this.#id, sessionEpoch: this.#epoch, changed, forgotten }
  }

  /** Takes in the answer to {@link next}. False: the session is over, its partitions have to be asked for again. */
  accept(answer: Value<typeof FetchResponse>): boolean {
    if (answer.errorCode !== ErrorCode.NONE) {
      this.reset()
      return false
    }
    if (answer.sessionId === NO_SESSION) this.reset()
    else if (answer.sessionId !== this.#id) {
      this.#id = answer.sessionId
      this.#epoch = 1
    } else this.#epoch = this.#epoch === MAX_EPOCH ? 1 : this.#epoch + 1
    return true
  }

  /** Starts over with the next request. */
  reset(): void {
    this.#id = NO_SESSION
    this.#epoch = INITIAL_EPOCH
  }

  /** Name of a topic in the answer to {@link next}, which may say its id alone. */
  nameOf(topic: string, topicId: string): string | undefined {
    return topicId === ZERO_UUID ? topic : this.#names.get(topicId)
  }
}

function isSame(a: FetchTarget, b: FetchTarget | undefined): boolean {
  return (
    b !== undefined &&
    a.topicId === b.topicId &&
    a.fetchOffset === b.fetchOffset &&
    a.leaderEpoch === b.leaderEpoch &&
    a.maxBytes === b.maxBytes
  )
}
