import type { ListenAddress, ListeningSocket } from './network.ts'
import type { TlsOptions } from './tls-options.ts'

/**
 * HTTP, for people and for what watches the process: few requests, small answers. What it takes is loaded when the first connection
 * comes.
 */
export interface HttpServers {
  /** Listens as {@link Network} does; `answer` is asked for each request. Rejects with NetworkError. Closing cuts the connections. */
  listen(address: ListenAddress, answer: HttpHandler): Promise<ListeningSocket>
}

/** What comes in a body is not read. */
export interface HttpRequest {
  /** Upper case. */
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
}

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case. Length and date are added. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What it throws becomes a 500 that says nothing of it. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer>

/** Asks others by HTTP: few requests, small answers. What it takes is loaded with the first one. */
export interface HttpClient {
  /** Rejects with {@link NetworkError}; an answer is an answer, whatever its status. Follows no redirects. */
  send(question: HttpQuestion): Promise<HttpReply>
}

export interface HttpQuestion {
  /** `http:` or `https:`. */
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  /** Longer bodies are refused. */
  readonly maxBodyBytes: number
  readonly signal?: AbortSignal
  /** For `https:`. */
  readonly tls?: TlsOptions
}

export interface HttpReply {
  readonly status: number
  readonly body: string
}
