/** Random values. The real one is cryptographically strong; the simulated one comes from the seed of the run. */
export interface Random {
  /** `count` random bytes. */
  bytes(count: number): Buffer
  /** A whole number in [0, bound), `bound` ≤ 2^32. */
  below(bound: number): number
  /** A random Kafka uuid in text form (22 base64url characters), never a reserved one, never with a leading '-'. */
  uuid(): string
}
