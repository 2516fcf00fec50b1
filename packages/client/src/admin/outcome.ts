/** What became of one item of a call about many: each succeeds or fails on its own. */
import { ErrorCode } from '@ottla/protocol'
import { BrokerError, type ErrorContext, type KafkaError } from '../errors.ts'

export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: KafkaError }

/** The value, or a throw of the error. */
export function unwrap<T>(outcome: Outcome<T> | undefined): T {
  if (outcome === undefined)
    throw new BrokerError(ErrorCode.UNKNOWN_SERVER_ERROR, 'the broker did not answer for this item')
  if (outcome.kind === 'failed') throw outcome.error
  return outcome.value
}

export function done<T>(value: T): Outcome<T> {
  return { kind: 'done', value }
}

export function failed(error: KafkaError): Outcome<never> {
  return { kind: 'failed', error }
}

/** The value when the code is NONE, else the failure. */
export function outcomeOf<T>(
  answer: { readonly errorCode: number; readonly errorMessage?: string | null },
  context: ErrorContext,
  value: () => T,
): Outcome<T> {
  if (answer.errorCode === ErrorCode.NONE) return done(value())
  return failed(new BrokerError(answer.errorCode, answer.errorMessage, context))
}
