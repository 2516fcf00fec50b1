/** Names and addresses: do they resolve, and does each of them take a connection from here? */
import { lookup } from 'node:dns/promises'
import { type BrokerAddress, type BrokerNode, formatAddress, parseBootstrapServers } from '@ottla/client'
import type { Io } from '../../io.ts'
import type { Target } from '../context/target.ts'
import { type Finding, ok, problem } from './finding.ts'
import { isLoopback, isWildcard } from './patient.ts'

const CONNECT_TIMEOUT_MS = 3000

interface Reach {
  readonly address: string
  /** Null: it took a connection. */
  readonly error: string | null
}

/** The servers that a command would ask first. */
export async function checkBootstrap({ bootstrapServers }: Target, io: Io): Promise<Finding[]> {
  const findings = await Promise.all(parseBootstrapServers(bootstrapServers).map((server) => checkServer(server, io)))
  return findings.flat()
}

async function checkServer(server: BrokerAddress, io: Io): Promise<Finding[]> {
  const name = formatAddress(server)
  if (isWildcard(server.host)) {
    return [
      problem('error', 'bootstrap-wildcard', {
        what: `the bootstrap server ${name} is no address to connect to`,
        why: '0.0.0.0 and :: mean all interfaces to a listener; a client needs one address.',
        fix: 'Name the host of the broker.',
      }),
    ]
  }
  const reached = await reachAll(server, io)
  if (reached === null) return [unresolved('bootstrap-unresolvable', `the bootstrap server ${name}`, server.host)]
  const working = reached.filter(({ error }) => error === null)
  const failing = reached.filter(({ error }) => error !== null)
  if (working.length === 0) {
    return [
      problem('error', 'bootstrap-unreachable', {
        what: `nothing answers at ${name} (${reached.map(({ address, error }) => `${address}: ${error}`).join(', ')})`,
        why: 'A client that reaches no bootstrap server can do nothing.',
        fix: 'Start the broker (`ottla start`), correct the address, or open the port in the firewall.',
      }),
    ]
  }
  if (failing.length > 0) {
    return [
      problem('warning', 'bootstrap-address-mix', {
        what: `${server.host} means ${reached.map(({ address }) => address).join(' and ')}, but the port answers only at ${working.map(({ address }) => address).join(', ')}`,
        why: 'Clients that try the other address first are refused, or wait; which one they try differs between languages and machines.',
        fix: `Let the broker listen on both (listeners=PLAINTEXT://localhost:${server.port} does so in Ottla), or name the address: ${working[0]!.address}:${server.port}.`,
      }),
    ]
  }
  return [
    ok(
      'bootstrap-reachable',
      `the bootstrap server ${name} takes connections (${working.map(({ address }) => address).join(', ')})`,
    ),
  ]
}

/** Where the brokers say that they are. */
export async function checkAdvertised({
  brokers,
  target,
  io,
}: {
  brokers: readonly BrokerNode[]
  target: Target
  io: Io
}): Promise<Finding[]> {
  const asked = parseBootstrapServers(target.bootstrapServers)
  const isAskedFromAfar = asked.every(({ host }) => !isLoopback(host))
  const findings = await Promise.all(brokers.map((broker) => checkBroker(broker, { isAskedFromAfar, asked, io })))
  return findings.flat()
}

async function checkBroker(
  broker: BrokerNode,
  { isAskedFromAfar, asked, io }: { isAskedFromAfar: boolean; asked: readonly BrokerAddress[]; io: Io },
): Promise<Finding[]> {
  const name = `broker ${broker.id} advertises ${formatAddress(broker)}`
  const setting = `advertised.listeners of broker ${broker.id}`
  if (isWildcard(broker.host)) {
    return [
      problem('error', 'advertised-wildcard', {
        what: name,
        why: 'Clients take the address from the broker, and nobody can connect to 0.0.0.0 or ::.',
        fix: `Set ${setting} to the name under which clients reach it.`,
      }),
    ]
  }
  if (isLoopback(broker.host) && isAskedFromAfar) {
    return [
      problem('error', 'advertised-loopback', {
        what: `${name}, though it was asked at ${asked.map(formatAddress).join(', ')}`,
        why: 'A client on another machine connects to itself: it reaches the bootstrap server, and then nothing works.',
        fix: `Set ${setting} to ${asked[0]!.host}:${broker.port}, or whatever name clients use.`,
      }),
    ]
  }
  const reached = await reachAll(broker, io)
  if (reached === null) return [unresolved('advertised-unresolvable', name, broker.host)]
  if (reached.every(({ error }) => error !== null)) {
    return [
      problem('error', 'advertised-unreachable', {
        what: `${name}, and that does not answer from here (${reached.map(({ address, error }) => `${address}: ${error}`).join(', ')})`,
        why: 'Clients use the bootstrap server only for the first question; then they connect to this address.',
        fix: `Set ${setting} to an address that clients reach, or open the port. In containers: the name and the port as seen from outside.`,
      }),
    ]
  }
  return [ok('advertised-reachable', `${name}, and that takes connections`)]
}

function unresolved(id: string, what: string, host: string): Finding {
  return problem('error', id, {
    what: `${what}: ${host} cannot be resolved here`,
    why: 'A name that this machine cannot turn into an address is as good as none.',
    fix: `Add ${host} to DNS or /etc/hosts, or advertise a name that clients can resolve.`,
  })
}

/** Every address of the name by itself; null when it has none. */
async function reachAll({ host, port }: BrokerAddress, io: Io): Promise<Reach[] | null> {
  const addresses = await lookup(host, { all: true }).catch(() => [])
  if (addresses.length === 0) return null
  const unique = [...new Set(addresses.map(({ address }) => address))]
  return await Promise.all(
    unique.map(async (address): Promise<Reach> => {
      try {
        const stream = await io.env.network.connect(
          { host: address, port },
          { timeoutMs: CONNECT_TIMEOUT_MS, signal: io.signal },
        )
        stream.destroy()
        return { address, error: null }
      } catch (error) {
        return { address, error: reasonOf(error as Error & { code?: string }) }
      }
    }),
  )
}

function reasonOf({ code, message }: Error & { code?: string }): string {
  if (code === 'ECONNREFUSED') return 'refused'
  return code === 'ETIMEDOUT' ? 'no answer' : (code ?? message)
}
