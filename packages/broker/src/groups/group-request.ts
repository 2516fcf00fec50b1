/** What the coordinator wants to know of a request beside its fields. */
import type { RequestContext as GroupRequestContext } from '@ottla/coordinator'
import type { RequestContext } from '../request-context.ts'

export function groupRequest({ apiVersion, clientId, session }: RequestContext): GroupRequestContext {
  return { apiVersion, clientId: clientId ?? '', clientHost: `/${session.clientHost}` }
}
