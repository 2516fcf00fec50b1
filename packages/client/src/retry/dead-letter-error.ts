import { KafkaError } from '../errors.ts'

/** A record that failed could not be written to its retry or dead-letter topic, for the reason in `cause`: it is not done, and the run has ended with it. */
export class DeadLetterError extends KafkaError {
  override readonly name = 'DeadLetterError'
  /** Of the record. */
  readonly offset: number
  /** Where it was to go. */
  readonly target: string
  /** What the handler threw. */
  readonly failure: unknown

  constructor(
    record: { readonly topic: string; readonly partition: number; readonly offset: number },
    target: string,
    { failure, cause }: { readonly failure: unknown; readonly cause: unknown },
  ) {
    const { topic, partition, offset } = record
    const reason = cause instanceof Error ? cause.message : String(cause)
    const what = `record ${offset} of ${topic}-${partition} failed and could not be written to ${target}`
    super('DEAD_LETTER_FAILED', `${what}: ${reason}`, { topic, partition, cause })
    this.offset = offset
    this.target = target
    this.failure = failure
  }
}
