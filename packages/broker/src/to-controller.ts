/** Requests that the controller decides: handed over as they are, with who asks and until when an answer is of use. */
import type { RequestContext } from './request-context.ts'

/** The controller's answer to the request, a response of the same API. `timeoutMs` is the client's. */
export function askController<T>(
  context: RequestContext,
  request: object,
  timeoutMs = context.broker.config.int('request.timeout.ms'),
): Promise<T> {
  const { broker, session, apiKey } = context
  const deadlineMs = broker.env.clock.monotonic() + timeoutMs
  return broker.channel.request(apiKey, request, { principal: session.principal, deadlineMs }) as Promise<T>
}
