/**
 * From a frame to its handler and back: header, version check, decoding, errors, encoding.
 */
import { type ServerRequest, skipTags } from '@ottla/net'
import { ApiError, ApiVersionsResponse, codecOf, ErrorCode, ProtocolError, Reader } from '@ottla/protocol'
import { AssertionError } from '@ottla/stdx'
import type { ApiIndex, ServedApi } from './api-index.ts'
import { apiVersions, unsupportedVersion } from './apis/18-api-versions.ts'
import type { DefinedApi } from './apis/handler.ts'
import type { BrokerContext } from './broker-context.ts'
import { encodeResponse } from './encode-response.ts'
import type { RequestContext, Session } from './request-context.ts'

const API_VERSIONS = apiVersions.key

export class Dispatcher {
  readonly #broker: BrokerContext
  readonly #apis: ApiIndex

  constructor(broker: BrokerContext, apis: ApiIndex) {
    this.#broker = broker
    this.#apis = apis
  }

  /** Judges the first four bytes of a request (key, version) before the rest is received. A text refuses it. */
  admit(firstWord: number): string | null {
    const key = firstWord >> 16
    const version = (firstWord << 16) >> 16
    const served = this.#apis.get(key)
    if (served === undefined) return `request with unknown API key ${key} (version ${version})`
    const { min, max } = served.versions
    if ((version >= min && version <= max) || key === API_VERSIONS) return null
    return `${served.api.name} request of version ${version}; versions ${min} to ${max} are served`
  }

  /** Handles a request whose key and version were admitted. Answers it in this turn or later. */
  dispatch(exchange: ServerRequest, session: Session): void {
    const served = this.#apis.get(exchange.firstWord >> 16)!
    try {
      this.#dispatch(exchange, session, served)
    } catch (error) {
      if (error instanceof ProtocolError && error.code === 'MALFORMED')
        exchange.fail(`malformed ${served.api.name} request: ${error.message}`)
      else this.#failed(exchange, served, error)
    }
  }

  #dispatch(exchange: ServerRequest, session: Session, served: ServedApi): void {
    const { handler } = served
    const version = (exchange.firstWord << 16) >> 16
    if (version > served.versions.max || version < served.versions.min) {
      const correlationId = exchange.frame.buffer.readInt32BE(4)
      exchange.respond(encodeResponse({ apiVersion: 0, correlationId }, ApiVersionsResponse, unsupportedVersion()))
      return
    }
    // Records pass through in the pooled frame. All else is small and may be kept by coordinators: it gets bytes of its own.
    const frame = handler.kind === 'raw' ? exchange.frame.buffer : Buffer.from(exchange.frame.buffer)
    if (handler.kind !== 'raw') exchange.releaseFrame()
    const reader = new Reader(frame)
    const context = this.#readHeader(reader, { exchange, session, served })
    exchange.attachment = context
    this.#broker.metrics.countRequest(served.api.key, version, exchange.sizeBytes)
    const isTimed = this.#broker.quotas.measuresTime
    if (isTimed) context.startedAt = this.#broker.env.clock.monotonic()
    this.#start({ context, reader, exchange, served })
    if (isTimed) context.spentMs = this.#broker.env.clock.monotonic() - context.startedAt
  }

  #start({ context, reader, exchange, served }: Begun): void {
    const { handler } = served
    if (handler.kind === 'raw') {
      handler.handle(context, reader, exchange)
      return
    }
    const request = codecOf(handler.request, context.apiVersion).decode(reader)
    // Bytes behind the request are ignored, as Apache Kafka does: librdkafka 2.16 sends three too many in a Metadata request.
    this.#handle({ context, handler, exchange, served, request })
    if (handler.isExclusive) exchange.connection.makeExclusive(exchange)
  }

  #readHeader(reader: Reader, from: { exchange: ServerRequest; session: Session; served: ServedApi }): RequestContext {
    const apiKey = reader.int16()
    const apiVersion = reader.int16()
    const correlationId = reader.int32()
    const headerVersion = from.served.api.requestHeaderVersion(apiVersion)
    const clientId = headerVersion >= 1 ? reader.nullableString() : null
    if (headerVersion >= 2) skipTags(reader)
    return {
      broker: this.#broker,
      session: from.session,
      apiKey,
      apiVersion,
      correlationId,
      clientId,
      receivedAt: from.exchange.receivedAt,
      startedAt: -1,
      spentMs: -1,
    }
  }

  #handle(call: Call): void {
    let response: unknown
    try {
      response = call.handler.handle(call.context, call.request)
    } catch (error) {
      this.#handlerFailed(call, error)
      return
    }
    if (response instanceof Promise) {
      response.then(
        (value) => this.#respond(call, value),
        (error) => this.#handlerFailed(call, error),
      )
    } else this.#respond(call, response)
  }

  #respond(call: Call, response: unknown): void {
    if (call.exchange.isOver) {
      call.exchange.respondNothing()
      return
    }
    const { errorCode } = response as { readonly errorCode?: number }
    if (errorCode !== undefined) this.#broker.metrics.countError(call.served.api.key, errorCode)
    const { quotas } = this.#broker
    // A handler may ask for a pause of its own: for changes of the metadata.
    const asked = (response as { throttleTimeMs?: number }).throttleTimeMs ?? 0
    const pauseMs = Math.max(asked, quotas.answered(call.context))
    const told = pauseMs > asked ? withPause(call.handler, response as object, pauseMs) : (response as object)
    let buffers: Buffer[]
    try {
      buffers = encodeResponse(call.context, call.handler.response, told)
    } catch (error) {
      this.#failed(call.exchange, call.served, error)
      return
    }
    call.exchange.respond(buffers)
    quotas.pause(call.exchange.connection, pauseMs)
  }

  /** A handler rejected: an outcome that becomes an error code, or a fault of the broker. */
  #handlerFailed(call: Call, error: unknown): void {
    if (!(error instanceof ApiError)) {
      this.#report(call.served.api.name, error)
      error = new ApiError(
        ErrorCode.UNKNOWN_SERVER_ERROR,
        'The server failed to handle the request; its log says more.',
      )
    }
    const { handler, context, request } = call
    const answer = handler.onError?.(context, request, error as ApiError) ?? errorAnswer(handler, error as ApiError)
    if (answer === null) call.exchange.fail(`${call.served.api.name} failed: ${(error as ApiError).message}`)
    else this.#respond(call, answer)
  }

  #failed(exchange: ServerRequest, served: ServedApi, error: unknown): void {
    this.#report(served.api.name, error)
    exchange.fail(`${served.api.name} could not be handled`)
  }

  #report(api: string, error: unknown): void {
    if (error instanceof AssertionError) this.#broker.fatal(error)
    else this.#broker.logger.error('request failed', { api, error })
  }
}

interface Begun {
  readonly context: RequestContext
  readonly reader: Reader
  readonly exchange: ServerRequest
  readonly served: ServedApi
}

interface Call {
  readonly context: RequestContext
  readonly handler: DefinedApi
  readonly exchange: ServerRequest
  readonly served: ServedApi
  readonly request: unknown
}

function errorAnswer(handler: DefinedApi, error: ApiError): object | null {
  const fields = handler.response.fields
  if (!('errorCode' in fields)) return null
  return 'errorMessage' in fields ? { errorCode: error.code, errorMessage: error.message } : { errorCode: error.code }
}

/** Some responses have no place to tell a pause; the client is not read from all the same. */
function withPause({ response }: DefinedApi, answer: object, throttleTimeMs: number): object {
  return 'throttleTimeMs' in response.fields ? { ...answer, throttleTimeMs } : answer
}
