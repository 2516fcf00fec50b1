/**
 * Who this end of a connection is, and for how long: authenticates it at the start, and again before the broker's patience ends (KIP-368). While
 * that exchange runs nothing else may be sent; what was sent before is answered first.
 */
import type { Env } from '@ottla/env'
import {
  ErrorCode,
  errorOf,
  type Init,
  SaslAuthenticateRequest,
  SaslAuthenticateResponse,
  SaslHandshakeRequest,
  SaslHandshakeResponse,
  type Schema,
  type Value,
} from '@ottla/protocol'
import { ConnectionError } from '../connection-error.ts'
import type { SaslExchange, SaslMechanism } from './sasl-mechanism.ts'

export interface SaslSessionOptions {
  readonly env: Env
  readonly mechanism: SaslMechanism
  /** For messages: `host:port`. */
  readonly where: string
  readonly signal?: AbortSignal | undefined
  /** Sends a request past everything that is held back. Rejects with {@link ConnectionError}. */
  readonly ask: <Q extends Schema, R extends Schema>(
    api: { request: Q; response: R },
    init: Init<Q>,
  ) => Promise<Value<R>>
  /** What was held back may go. */
  readonly onAdmitted: () => void
  /** The session is over, and the connection with it. */
  readonly onLost: (error: ConnectionError) => void
}

type State = 'open' | 'preparing' | 'exchanging'

const HANDSHAKE = { request: SaslHandshakeRequest, response: SaslHandshakeResponse }
const AUTHENTICATE = { request: SaslAuthenticateRequest, response: SaslAuthenticateResponse }
/** The next authentication is due after 85 to 95 % of the session, as in Kafka's clients. */
const EARLIEST = 0.85
const SPREAD = 0.1
const STEPS = 1000
/** When credentials cannot be had while the session still has time. */
const RETRY_MS = 1000
/** Of a server that never comes to an end. */
const MAX_ROUNDS = 16

export class SaslSession {
  readonly #options: SaslSessionOptions
  #state: State = 'open'
  #renewAt = Number.POSITIVE_INFINITY
  #endsAt = Number.POSITIVE_INFINITY

  constructor(options: SaslSessionOptions) {
    this.#options = options
  }

  /** Credentials for {@link authenticate}: asked for before the connection is made, since they may take long. Rejects with {@link ConnectionError}. */
  static async prepare(options: Pick<SaslSessionOptions, 'env' | 'mechanism' | 'signal'>): Promise<SaslExchange> {
    const { env, mechanism, signal } = options
    try {
      return await mechanism.begin(signal === undefined ? { env } : { env, signal })
    } catch (error) {
      const text = `no credentials for SASL ${mechanism.name}: ${(error as Error).message}`
      const isFinal = (error as { retriable?: unknown }).retriable === false
      throw new ConnectionError(isFinal ? 'AUTHENTICATION_FAILED' : 'CONNECT_FAILED', text, error)
    }
  }

  /** Rejects with {@link ConnectionError}. */
  async authenticate(exchange: SaslExchange): Promise<void> {
    const { env, mechanism, where, ask } = this.#options
    const startedAt = env.clock.monotonic()
    const handshake = await ask(HANDSHAKE, { mechanism: mechanism.name })
    if (handshake.errorCode !== ErrorCode.NONE) throw refusedHandshake(handshake, mechanism.name, where)
    let message: Buffer | null = exchange.initial
    for (let round = 0; message !== null; round += 1) {
      if (round === MAX_ROUNDS) throw failure(where, mechanism.name, 'the broker never comes to an end')
      const answer: Value<typeof SaslAuthenticateResponse> = await ask(AUTHENTICATE, { authBytes: message })
      if (answer.errorCode !== ErrorCode.NONE) throw this.#refused(answer)
      try {
        message = exchange.respond(answer.authBytes)
      } catch (error) {
        throw failure(where, mechanism.name, (error as Error).message, error)
      }
      if (message === null) this.#opened(startedAt, answer.sessionLifetimeMs)
    }
  }

  /** Whether a request may be sent now. Begins to authenticate again when that is due. */
  admits(): boolean {
    if (this.#state === 'exchanging') return false
    const now = this.#options.env.clock.monotonic()
    if (now < this.#renewAt) return true
    if (this.#state === 'open') void this.#renew()
    return now < this.#endsAt
  }

  async #renew(): Promise<void> {
    const { env, where, mechanism, onAdmitted, onLost } = this.#options
    this.#state = 'preparing'
    try {
      const exchange = await SaslSession.prepare(this.#options)
      this.#state = 'exchanging'
      await this.authenticate(exchange)
      this.#state = 'open'
      onAdmitted()
    } catch (error) {
      const now = env.clock.monotonic()
      const hasTime = this.#state === ('preparing' as State) && now < this.#endsAt
      env.logger.warn('a connection could not be authenticated again', {
        broker: where,
        mechanism: mechanism.name,
        reason: (error as Error).message,
      })
      if (hasTime) {
        this.#state = 'open'
        this.#renewAt = Math.min(now + RETRY_MS, this.#endsAt)
      } else {
        // A new connection may do better, and tells for good when it does not.
        onLost(new ConnectionError('CLOSED', `the session with ${where} is over: ${(error as Error).message}`, error))
      }
    }
  }

  #opened(startedAt: number, lifetimeMs: number): void {
    if (lifetimeMs <= 0) {
      this.#renewAt = Number.POSITIVE_INFINITY
      this.#endsAt = Number.POSITIVE_INFINITY
      return
    }
    const part = EARLIEST + (this.#options.env.random.below(STEPS) / STEPS) * SPREAD
    this.#renewAt = startedAt + lifetimeMs * part
    this.#endsAt = startedAt + lifetimeMs
  }

  #refused({ errorCode, errorMessage }: Value<typeof SaslAuthenticateResponse>): ConnectionError {
    const { where, mechanism } = this.#options
    const { name, retriable, message } = errorOf(errorCode)
    const text = errorMessage ?? message
    if (retriable) return new ConnectionError('CONNECT_FAILED', `${where} could not authenticate: ${name} (${text})`)
    return failure(where, mechanism.name, text)
  }
}

function failure(where: string, mechanism: string, text: string, cause?: unknown): ConnectionError {
  return new ConnectionError('AUTHENTICATION_FAILED', `SASL ${mechanism} with ${where} failed: ${text}`, cause)
}

function refusedHandshake(
  { errorCode, mechanisms }: Value<typeof SaslHandshakeResponse>,
  name: string,
  where: string,
): ConnectionError {
  if (errorCode === ErrorCode.UNSUPPORTED_SASL_MECHANISM) {
    const served = mechanisms.length === 0 ? 'none' : mechanisms.join(', ')
    return new ConnectionError('UNSUPPORTED_SASL_MECHANISM', `${where} does not serve SASL ${name}, but: ${served}`)
  }
  if (errorCode === ErrorCode.ILLEGAL_SASL_STATE) {
    const text = `${where} does not ask who this client is: the listener is PLAINTEXT or SSL; leave out \`sasl\`, or check the port`
    return new ConnectionError('AUTHENTICATION_FAILED', text)
  }
  return failure(where, name, errorOf(errorCode).name)
}
