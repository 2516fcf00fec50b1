/** One partition of a fetch, as asked for. Sessions keep these between requests. */
export interface FetchPartition {
  /** Empty when the request names topics by id (v13+). */
  readonly topic: string
  /** The zero uuid when the request names topics by name. */
  readonly topicId: string
  readonly partition: number
  readonly fetchOffset: number
  /** Leader epoch that the client knows, -1: none. */
  readonly currentLeaderEpoch: number
  /** Epoch of the last record that the client has, -1: none (v12+). */
  readonly lastFetchedEpoch: number
  readonly maxBytes: number
}

/** Tells partitions of one session apart. Topic names hold no '/', ids neither. */
export function fetchPartitionKey(topic: string, topicId: string, partition: number): string {
  return topic === '' ? `${topicId}/${partition}` : `${topic}/${partition}`
}
