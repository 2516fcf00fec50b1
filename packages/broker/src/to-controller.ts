/** Requests that the controller decides: handed over as they are, with who asks and until when an answer is of use. */
import type { ControllerApiKey, ControllerApis } from '@ottla/metadata'
import type { Principal, RequestContext } from './request-context.ts'

/** As the controller knows it, e.g. `User:ANONYMOUS`. */
export function principalText({ type, name }: Principal): string {
  return `${type}:${name}`
}

/** The controller's answer to the client's request. `timeoutMs` is the client's. */
export function askController<Key extends ControllerApiKey>(
  context: RequestContext,
  apiKey: Key,
  request: ControllerApis[Key]['request'],
  timeoutMs = context.broker.config.int('request.timeout.ms'),
): Promise<ControllerApis[Key]['response']> {
  const { broker, session } = context
  const deadlineMs = broker.env.clock.now() + timeoutMs
  return broker.channel.request(apiKey, request, { principal: principalText(session.principal), deadlineMs })
}
