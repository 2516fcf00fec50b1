/** The addresses that a broker listens on and the ones that it tells its clients. */
import type { BrokerValues } from './key-table.ts'

/** A place to listen, with what clients are told. */
export interface Listener {
  /** Upper case, as in `listener.security.protocol.map`. */
  readonly name: string
  /** Null: all interfaces. */
  readonly host: string | null
  /** 0: any free one. */
  readonly port: number
  readonly securityProtocol: 'PLAINTEXT'
  /** What Metadata answers. A null host is the address that the client connected to; a null port the one listened on. */
  readonly advertised: { readonly host: string | null; readonly port: number | null }
}

export interface Endpoint {
  readonly name: string
  readonly host: string | null
  readonly port: number
}

/** A broken rule about listeners: the key to blame, its text, and what was expected. */
export interface ListenerProblem {
  readonly key: keyof BrokerValues
  readonly value: string
  readonly expected: string
}

export type ListenerResult =
  | {
      readonly kind: 'listeners'
      readonly listeners: readonly Listener[]
      /** Listeners of the controller quorum: not opened, since this node's controller runs inside it. */
      readonly controllerListeners: readonly Endpoint[]
    }
  | { readonly kind: 'problems'; readonly problems: readonly ListenerProblem[] }

type ListenerValues = Pick<
  BrokerValues,
  | 'listeners'
  | 'advertised.listeners'
  | 'listener.security.protocol.map'
  | 'controller.listener.names'
  | 'inter.broker.listener.name'
>

/** Reads the listener settings together. Finds all problems, not only the first. */
export function resolveListeners(values: ListenerValues): ListenerResult {
  const problems: ListenerProblem[] = []
  const note = (key: keyof BrokerValues, value: string, expected: string) => problems.push({ key, value, expected })

  const endpoints = parseEndpoints('listeners', values.listeners, note)
  const advertised = parseEndpoints('advertised.listeners', values['advertised.listeners'] ?? [], note)
  const protocols = parseProtocolMap(values['listener.security.protocol.map'], note)
  const controllerNames = new Set(values['controller.listener.names'].map(normalise))

  const own = endpoints.filter(({ name }) => !controllerNames.has(name))
  checkDistinct(endpoints, note)
  if (own.length === 0 && problems.length === 0) {
    note('listeners', values.listeners.join(','), 'At least one listener that is not in controller.listener.names')
  }
  checkAdvertised(advertised, endpoints, note)
  for (const { name } of own) checkProtocol(name, protocols, note)
  const interBroker = values['inter.broker.listener.name']
  if (interBroker !== null && !own.some(({ name }) => name === normalise(interBroker))) {
    note('inter.broker.listener.name', interBroker, 'The name of one of the listeners')
  }
  if (problems.length > 0) return { kind: 'problems', problems }
  return {
    kind: 'listeners',
    listeners: own.map((endpoint) => listenerOf(endpoint, advertised)),
    controllerListeners: endpoints.filter(({ name }) => controllerNames.has(name)),
  }
}

type Note = (key: keyof BrokerValues, value: string, expected: string) => void

const ENDPOINT = /^([^:/]+):\/\/(?:\[([0-9a-fA-F:%.]*)\]|([0-9a-zA-Z\-%._]*)):([0-9]{1,5})$/

function parseEndpoints(key: keyof BrokerValues, list: readonly string[], note: Note): Endpoint[] {
  const endpoints: Endpoint[] = []
  for (const text of list) {
    const match = ENDPOINT.exec(text)
    const port = Number(match?.[4])
    if (match === null || port > 65_535) {
      note(key, text, 'NAME://host:port, with a port from 0 to 65535 and IPv6 addresses in brackets')
      continue
    }
    endpoints.push({ name: normalise(match[1] ?? ''), host: match[2] || match[3] || null, port })
  }
  return endpoints
}

function parseProtocolMap(text: string, note: Note): Map<string, string> {
  const map = new Map<string, string>()
  for (const entry of text.split(',')) {
    if (entry.trim() === '') continue
    const at = entry.lastIndexOf(':')
    const name = normalise(entry.slice(0, at))
    const protocol = entry
      .slice(at + 1)
      .trim()
      .toUpperCase()
    if (at <= 0 || !PROTOCOLS.has(protocol)) {
      note('listener.security.protocol.map', entry, `NAME:PROTOCOL, with one of ${[...PROTOCOLS].join(', ')}`)
    } else if (map.has(name)) {
      note('listener.security.protocol.map', entry, 'Each listener name once')
    } else map.set(name, protocol)
  }
  return map
}

const PROTOCOLS = new Set(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'])

function checkDistinct(endpoints: readonly Endpoint[], note: Note): void {
  endpoints.forEach((endpoint, index) => {
    for (const earlier of endpoints.slice(0, index)) {
      const text = formatEndpoint(endpoint)
      if (earlier.name === endpoint.name) note('listeners', text, 'Each listener has a different name')
      else if (endpoint.port !== 0 && earlier.port === endpoint.port && !isIpPair(earlier, endpoint)) {
        note('listeners', text, 'Each listener has a different port, unless one address is IPv4 and the other IPv6')
      }
    }
  })
}

function isIpPair(a: Endpoint, b: Endpoint): boolean {
  const isV6 = ({ host }: Endpoint) => host?.includes(':') === true
  const isV4 = ({ host }: Endpoint) => /^[0-9]+(\.[0-9]+){3}$/.test(host ?? '')
  return (isV4(a) && isV6(b)) || (isV6(a) && isV4(b))
}

function checkAdvertised(advertised: readonly Endpoint[], endpoints: readonly Endpoint[], note: Note): void {
  for (const endpoint of advertised) {
    const text = formatEndpoint(endpoint)
    if (!endpoints.some(({ name }) => name === endpoint.name)) {
      note('advertised.listeners', text, 'Only names of listeners')
    }
    if (endpoint.host === '0.0.0.0' || endpoint.host === '::') {
      note('advertised.listeners', text, 'An address that clients can connect to, which 0.0.0.0 and :: are not')
    }
  }
}

function checkProtocol(name: string, protocols: ReadonlyMap<string, string>, note: Note): void {
  const protocol = protocols.get(name)
  if (protocol === undefined) {
    note('listeners', name, 'A listener name that listener.security.protocol.map gives a security protocol')
  } else if (protocol !== 'PLAINTEXT') {
    note('listeners', name, `The security protocol PLAINTEXT: ${protocol} is not there yet`)
  }
}

function listenerOf(endpoint: Endpoint, advertised: readonly Endpoint[]): Listener {
  const told = advertised.find(({ name }) => name === endpoint.name)
  const everywhere = endpoint.host === '0.0.0.0' || endpoint.host === '::'
  return {
    ...endpoint,
    securityProtocol: 'PLAINTEXT',
    advertised:
      told === undefined
        ? { host: everywhere ? null : endpoint.host, port: null }
        : { host: told.host, port: told.port === 0 ? null : told.port },
  }
}

/** NAME://host:port, IPv6 addresses in brackets. */
export function formatEndpoint({ name, host, port }: Endpoint): string {
  return `${name}://${host?.includes(':') ? `[${host}]` : (host ?? '')}:${port}`
}

function normalise(name: string): string {
  return name.trim().toUpperCase()
}
