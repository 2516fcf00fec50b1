/** The addresses that a client starts from. */
import { ArgumentError } from '../errors.ts'

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** `host:port`; an IPv6 host stands in brackets, with or without a `SCHEME://` in front as listeners have it. */
const ADDRESS = /^(?:[A-Za-z0-9_]+:\/\/)?(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]\s]+)):(\d{1,5})$/

/** Reads `host:port,host:port`, or a list of such. Throws {@link ArgumentError} with Kafka's text. */
export function parseBootstrapServers(servers: string | readonly string[]): BrokerAddress[] {
  const texts = (typeof servers === 'string' ? servers.split(',') : servers).map((text) => text.trim())
  const addresses = texts.filter((text) => text !== '').map(parseAddress)
  if (addresses.length === 0) throw new ArgumentError('No resolvable bootstrap urls given in bootstrap.servers')
  return addresses
}

/** `host:port`, with brackets around an IPv6 host. */
export function formatAddress({ host, port }: BrokerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function parseAddress(text: string): BrokerAddress {
  const match = ADDRESS.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65535) throw new ArgumentError(`Invalid url in bootstrap.servers: ${text}`)
  return { host: (match[1] ?? match[2])!, port }
}
