/** Requests that the controller decides: handed over as they are, with who asks and until when an answer is of use. */
import type { ControllerApiKey, ControllerApis, ControllerRequestContext } from '@ottla/metadata'
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
  return context.broker.channel.request(apiKey, request, requestContext(context, timeoutMs))
}

/** A request that changes topics: within what the client may change, which versions from `strictFrom` on know an error for (KIP-599). */
export async function askForChange<Key extends 19 | 20 | 37>(
  context: RequestContext,
  apiKey: Key,
  request: ControllerApis[Key]['request'],
  { timeoutMs, strictFrom }: { readonly timeoutMs: number; readonly strictFrom: number },
): Promise<ControllerApis[Key]['response']> {
  const policy = context.apiVersion >= strictFrom ? 'strict' : 'permissive'
  const mutationQuota = context.broker.quotas.mutations(context, policy)
  if (mutationQuota === null) return askController(context, apiKey, request, timeoutMs)
  const from = { ...requestContext(context, timeoutMs), mutationQuota }
  const response = await context.broker.channel.request(apiKey, request, from)
  return { ...response, throttleTimeMs: mutationQuota.throttleMs }
}

function requestContext({ broker, session }: RequestContext, timeoutMs: number): ControllerRequestContext {
  return { principal: principalText(session.principal), deadlineMs: broker.env.clock.now() + timeoutMs }
}
