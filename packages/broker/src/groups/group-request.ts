/** What the coordinator wants to know of a request beside its fields. */
import type { RequestContext as GroupRequestContext } from '@ottla/coordinator'
import type { RequestContext } from '../request-context.ts'

export function groupRequest({ apiVersion, clientId, session }: RequestContext): GroupRequestContext {
  return { apiVersion, clientId: clientId ?? '', clientHost: `/${session.clientHost}` }
}

/** Whether the cluster is at the level of consumer groups, and the broker is not told to leave them out. */
export function servesConsumerGroups({ broker }: RequestContext): boolean {
  const protocols: readonly string[] = broker.config.values['group.coordinator.rebalance.protocols']
  return protocols.includes('consumer') && broker.image.features.level('group.version') >= 1
}
