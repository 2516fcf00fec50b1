/**
 * What went in and out of a topic since it is here, and of all topics together since the start. Plain numbers that the data path
 * adds to: once for each partition of a request, never for each record.
 */
export class TopicTraffic {
  messagesIn = 0
  bytesIn = 0
  bytesOut = 0
  bytesRejected = 0
  produceRequests = 0
  fetchRequests = 0
  failedProduceRequests = 0
  failedFetchRequests = 0
  readonly #all: TopicTraffic | null

  /** `all` gets what this one gets. */
  constructor(all: TopicTraffic | null = null) {
    this.#all = all
  }

  produced(messages: number, bytes: number): void {
    this.produceRequests += 1
    this.messagesIn += messages
    this.bytesIn += bytes
    this.#all?.produced(messages, bytes)
  }

  produceFailed(bytes: number): void {
    this.produceRequests += 1
    this.failedProduceRequests += 1
    this.bytesRejected += bytes
    this.#all?.produceFailed(bytes)
  }

  fetched(bytes: number): void {
    this.fetchRequests += 1
    this.bytesOut += bytes
    this.#all?.fetched(bytes)
  }

  fetchFailed(): void {
    this.fetchRequests += 1
    this.failedFetchRequests += 1
    this.#all?.fetchFailed()
  }
}
