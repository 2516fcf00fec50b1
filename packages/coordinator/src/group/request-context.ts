/** What a request does not say of itself. */
export interface RequestContext {
  readonly apiVersion: number
  /** From the request header; the empty string when there was none. */
  readonly clientId: string
  /** The client's address as Kafka writes it: `/192.0.2.1`. */
  readonly clientHost: string
}
