/**
 * Lines about requests: each one under the logger that Kafka has for it, when somebody asks for that, and slow ones always. What a
 * request says is never logged: it may hold secrets.
 */
import type { Logger } from '@ottla/env'
import { LineLimit, type ServerRequest } from '@ottla/net'
import { API_KEYS, apiOf } from '@ottla/protocol'
import type { RequestContext } from '../request-context.ts'

/** Kafka's name. */
export const REQUEST_LOGGER = 'kafka.request.logger'

/** These wait by design: for records, for the other members of a group. Their waiting is not slow. */
const WAITING_APIS: ReadonlySet<number> = new Set([
  API_KEYS.Fetch,
  API_KEYS.JoinGroup,
  API_KEYS.SyncGroup,
  API_KEYS.ShareFetch,
])
const SLOW_LINES = { burst: 10, perSecond: 1 }

export interface RequestLogOptions {
  readonly logger: Logger
  readonly monotonic: () => number
  /** ottla.slow.request.threshold.ms; -1: no request is slow. */
  readonly slowMs: () => number
}

export class RequestLog {
  readonly #requests: Logger
  readonly #slow: Logger
  readonly #options: RequestLogOptions
  readonly #lines: LineLimit

  constructor(options: RequestLogOptions) {
    this.#options = options
    this.#requests = options.logger.child(REQUEST_LOGGER)
    this.#slow = options.logger.child('broker.slow')
    this.#lines = new LineLimit(options.monotonic, SLOW_LINES)
  }

  /** An answer was written at `writtenAt`, and the kernel had taken it at `takenAt`. */
  sent(request: ServerRequest, writtenAt: number, takenAt: number): void {
    if (this.#requests.isEnabled('debug'))
      this.#requests.debug('completed request', fieldsOf(request, writtenAt, takenAt))
    const slowMs = this.#options.slowMs()
    if (takenAt - request.receivedAt <= slowMs || slowMs < 0) return
    const waitedMs = WAITING_APIS.has(request.firstWord >> 16) ? request.answeredAt - localEnd(request) : 0
    if (takenAt - request.receivedAt - waitedMs <= slowMs) return
    this.#lines.run((leftOut) => {
      const fields = fieldsOf(request, writtenAt, takenAt)
      this.#slow.warn('slow request', leftOut === 0 ? fields : { ...fields, leftOut })
    })
  }
}

function fieldsOf(request: ServerRequest, writtenAt: number, takenAt: number): Readonly<Record<string, unknown>> {
  const { connection, firstWord, receivedAt, startedAt, answeredAt } = request
  const context = request.attachment as RequestContext | null
  const handledAt = localEnd(request)
  return {
    api: apiOf(firstWord >> 16)?.name ?? firstWord >> 16,
    version: (firstWord << 16) >> 16,
    clientId: context?.clientId ?? null,
    correlationId: context?.correlationId,
    from: `${connection.remoteHost}:${connection.remotePort}`,
    listener: connection.listenerName,
    requestBytes: request.sizeBytes,
    responseBytes: request.responseBytes,
    totalMs: rounded(takenAt - receivedAt),
    queueMs: rounded(startedAt - receivedAt),
    localMs: rounded(handledAt - startedAt),
    remoteMs: rounded(answeredAt - handledAt),
    responseQueueMs: rounded(writtenAt - answeredAt),
    sendMs: rounded(takenAt - writtenAt),
  }
}

/** When the turn ended in which the request was taken up, or its answer came before that. */
function localEnd({ answeredAt, handledAt }: ServerRequest): number {
  return Math.min(answeredAt, handledAt)
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
