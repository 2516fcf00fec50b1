/**
 * What an API handler is. One file per API key, `NN-name.ts`, exports one; `table.ts` lists them.
 *
 * Most handlers take the decoded request and return the response's fields: {@link defineApi}. Those on the data path
 * read and write the bytes themselves: {@link RawApi}.
 */
import type { ServerRequest } from '@ottla/net'
import type { ApiError, Init, Reader, Schema, Value } from '@ottla/protocol'
import type { RequestContext } from '../request-context.ts'

export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** Properties that every handler has. */
interface ApiCommon {
  /** API key. */
  readonly key: number
  /** What is implemented, when it is less than the protocol defines. Only this is advertised and accepted. */
  readonly versions?: VersionRange
  /** What ApiVersions says, when it differs from what is accepted (Produce from 0, KAFKA-18659). */
  readonly advertised?: VersionRange
  /** Requests behind it on the connection start when it is answered. For those whose effect the next one may rely on. */
  readonly isExclusive?: true
}

export interface TypedApi<Q extends Schema, R extends Schema> extends ApiCommon {
  readonly request: Q
  readonly response: R
  /**
   * Answers a request. Fields left out get their defaults; `throttleTimeMs` is 0 unless said otherwise. Throw an {@link ApiError}
   * for an outcome that concerns the whole request; what concerns one topic, partition or member goes into the response.
   * `bytes` of the request stay valid for as long as they are held.
   */
  handle(context: RequestContext, request: Value<Q>): Init<R> | Promise<Init<R>>
  /** The response that says `error`. Without it: the response's top-level `errorCode` (and `errorMessage`) when it has one, else the connection is closed. */
  onError?(context: RequestContext, request: Value<Q>, error: ApiError): Init<R>
}

/** A handler that decodes lazily, and answers `exchange` itself, in whatever turn. */
export interface RawApi extends ApiCommon {
  readonly kind: 'raw'
  /** `reader` stands after the request header. Throws ProtocolError when the body is malformed: the connection is closed. */
  handle(context: RequestContext, reader: Reader, exchange: ServerRequest): void
}

/** A {@link TypedApi} whose types were checked and forgotten, for the table. */
export interface DefinedApi extends ApiCommon {
  readonly kind: 'typed'
  readonly request: Schema
  readonly response: Schema
  handle(context: RequestContext, request: unknown): unknown
  onError?: (context: RequestContext, request: unknown, error: ApiError) => unknown
}

export type ApiHandler = DefinedApi | RawApi

/** Checks a handler's types against its schemas. */
export function defineApi<Q extends Schema, R extends Schema>(api: TypedApi<Q, R>): DefinedApi {
  return { kind: 'typed', ...api } as unknown as DefinedApi
}
