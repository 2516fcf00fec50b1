/** Numbers of one client: plain counters that the hot path adds to once per batch, answer or request, and that are read when somebody asks. */
import { RecentHistogram } from '@ottla/stdx'

/** Quantiles are of the last one to two of these. */
const PERIOD_MS = 60_000

/** Whose connections a request went over. */
export type LaneKind = 'producer' | 'consumer' | 'shared'

/** Requests of one kind of lane. */
export class RequestFigures {
  requests = 0
  failures = 0
  outgoingBytes = 0
  incomingBytes = 0
  connectionsMade = 0
  openConnections = 0
  /** Microseconds, by API: `Produce`. */
  readonly latencies = new Map<string, RecentHistogram>()

  #turnedAt = 0

  /** Where to record a latency at this monotonic time. */
  latency(api: string, now: number): RecentHistogram {
    if (now - this.#turnedAt > PERIOD_MS) {
      this.#turnedAt = now
      for (const times of this.latencies.values()) times.turn()
    }
    let times = this.latencies.get(api)
    if (times === undefined) this.latencies.set(api, (times = new RecentHistogram()))
    return times
  }
}

/** Of one topic. */
export interface TopicFigures {
  records: number
  bytes: number
  /** Records that were given up; of producers. */
  errors: number
}

export class ClientFigures {
  readonly lanes: Readonly<Record<LaneKind, RequestFigures>> = {
    producer: new RequestFigures(),
    consumer: new RequestFigures(),
    shared: new RequestFigures(),
  }
  readonly sent = new Map<string, TopicFigures>()
  readonly consumed = new Map<string, TopicFigures>()
  batches = 0
  /** Requests that carried a batch again. */
  retries = 0
  fetches = 0
  commits = 0
  failedCommits = 0
  rebalances = 0
  lost = 0
  polls = 0

  topicSent(topic: string): TopicFigures {
    return figuresOf(this.sent, topic)
  }

  topicConsumed(topic: string): TopicFigures {
    return figuresOf(this.consumed, topic)
  }
}

function figuresOf(all: Map<string, TopicFigures>, topic: string): TopicFigures {
  let figures = all.get(topic)
  if (figures === undefined) all.set(topic, (figures = { records: 0, bytes: 0, errors: 0 }))
  return figures
}
