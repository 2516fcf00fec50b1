/**
 * The catalogue of what can go wrong in a client. Every class has a stable `code`, says whether another attempt may
 * succeed, and names topic, partition or group where one is in question. What a caller aborted rejects with the reason of
 * its signal, as everywhere in JavaScript.
 */
import { ErrorCode, errorOf } from '@ottla/protocol'

/** What an error is about. */
export interface ErrorContext {
  readonly topic?: string | undefined
  readonly partition?: number | undefined
  readonly group?: string | undefined
  readonly cause?: unknown
}

/** The ancestor of all errors of this package. */
export class KafkaError extends Error {
  override readonly name: string = 'KafkaError'
  /** Stable, in capitals: Kafka's name of the error where a broker sent it. */
  readonly code: string
  /** The same call may succeed when it is repeated. */
  readonly retriable: boolean
  readonly topic: string | undefined
  readonly partition: number | undefined
  readonly group: string | undefined

  constructor(code: string, message: string, options: ErrorContext & { readonly retriable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retriable = options.retriable ?? false
    this.topic = options.topic
    this.partition = options.partition
    this.group = options.group
  }
}

/** A broker answered with an error code. */
export class BrokerError extends KafkaError {
  override readonly name = 'BrokerError'
  /** The number on the wire. */
  readonly errorCode: number
  /** True when the text is the broker's own, false when it is Kafka's text for the code. */
  readonly hasBrokerMessage: boolean

  constructor(errorCode: number, message?: string | null, context: ErrorContext = {}) {
    const known = errorOf(errorCode)
    super(known.name, message ?? known.message, { ...context, retriable: known.retriable })
    this.errorCode = errorCode
    this.hasBrokerMessage = message !== undefined && message !== null
  }
}

/** What was asked for did not happen in time; `cause` is the last failure, if there was one. */
export class TimeoutError extends KafkaError {
  override readonly name = 'TimeoutError'

  constructor(message: string, context: ErrorContext = {}) {
    super('TIMEOUT', message, { ...context, retriable: true })
  }
}

/**
 * A broker and this client do not trust each other: a certificate, a user name or a password is wrong. Another attempt would fail alike; calls
 * fail at once. The code is `SASL_AUTHENTICATION_FAILED`, `UNSUPPORTED_SASL_MECHANISM` or `TLS_AUTHENTICATION_FAILED`.
 */
export class AuthenticationError extends KafkaError {
  override readonly name = 'AuthenticationError'
}

/** The producer, consumer, admin or root was closed. */
export class ClosedError extends KafkaError {
  override readonly name = 'ClosedError'

  constructor(what: string) {
    super('CLOSED', `${what} is closed`)
  }
}

/** An option or argument is not usable; nothing was done. */
export class ArgumentError extends KafkaError {
  override readonly name = 'ArgumentError'

  constructor(message: string, context: ErrorContext = {}) {
    super('INVALID_ARGUMENT', message, context)
  }
}

/** A codec threw. */
export class CodecError extends KafkaError {
  override readonly name = 'CodecError'

  constructor(message: string, context: ErrorContext) {
    super('CODEC_FAILED', message, context)
  }
}

/** A record is larger than one request may be. */
export class RecordTooLargeError extends KafkaError {
  override readonly name = 'RecordTooLargeError'

  constructor(sizeBytes: number, limitBytes: number, context: ErrorContext) {
    super('RECORD_TOO_LARGE', `the record of ${sizeBytes} bytes exceeds the limit of ${limitBytes} bytes`, context)
  }
}

/** There is neither a position nor a policy that gives one (auto.offset.reset = none). */
export class NoOffsetError extends KafkaError {
  override readonly name = 'NoOffsetError'

  constructor(message: string, context: ErrorContext) {
    super('NO_OFFSET', message, context)
  }
}

/** A batch could not be read: its CRC is wrong, or it is malformed. */
export class CorruptRecordError extends KafkaError {
  override readonly name = 'CorruptRecordError'

  constructor(message: string, context: ErrorContext) {
    super('CORRUPT_RECORD', message, context)
  }
}

/** Null for NONE, else the error that a broker's answer stands for. */
export function brokerError(code: number, message?: string | null, context: ErrorContext = {}): BrokerError | null {
  return code === ErrorCode.NONE ? null : new BrokerError(code, message, context)
}

/** Throws what a broker's answer stands for, unless it is NONE. */
export function throwBrokerError(code: number, message?: string | null, context: ErrorContext = {}): void {
  const error = brokerError(code, message, context)
  if (error !== null) throw error
}

/** True when another attempt may succeed: {@link KafkaError} and the connection errors of the net package both say so. */
export function isRetriable(error: unknown): boolean {
  return error instanceof Error && (error as { retriable?: unknown }).retriable === true
}

/** True when `error` is a broker's answer with the given code. */
export function isBrokerError(error: unknown, code: number): error is BrokerError {
  return error instanceof BrokerError && error.errorCode === code
}
