/** Where a client finds a broker: the endpoint of the listener that the client itself came by. */
import type { RequestContext } from './request-context.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/**
 * The endpoint of broker `nodeId` on the client's listener; undefined when that broker is unknown, fenced, or has no such listener.
 */
export function endpointFor(context: RequestContext, nodeId: number): Endpoint | undefined {
  const { broker, session } = context
  const registration = broker.image.brokers.get(nodeId)
  if (registration === undefined || registration.fenced) return undefined
  if (nodeId === broker.nodeId) return ownEndpoint(context)
  const endpoint = registration.endpoints.find(({ name }) => name === session.listenerName)
  return endpoint === undefined ? undefined : { host: endpoint.host, port: endpoint.port }
}

/** What advertised.listeners says, and where it says nothing the address that the client connected to. */
function ownEndpoint({ broker, session }: RequestContext): Endpoint | undefined {
  const listener = broker.config.listeners.find(({ name }) => name === session.listenerName)
  if (listener === undefined) return undefined
  return {
    host: listener.advertised.host ?? plainAddress(session.localHost),
    port: listener.advertised.port ?? session.localPort,
  }
}

/** IPv4 in IPv6 form, as a dual-stack socket shows it, is written as IPv4. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}
