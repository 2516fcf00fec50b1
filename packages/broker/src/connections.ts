/** The broker's connections: their settings, what is known of each, and the way of a request to its handler. */
import type { BrokerConfig } from '@ottla/config'
import type { Env } from '@ottla/env'
import { type ConnectionLimitOptions, type ServerConnection, SocketServer, type SocketServerOptions } from '@ottla/net'
import type { SlabPool } from '@ottla/stdx'
import type { BrokerMetrics } from './broker-metrics.ts'
import type { LoopWatch } from './diagnostics/loop-watch.ts'
import type { RequestLog } from './diagnostics/request-log.ts'
import type { Dispatcher } from './dispatcher.ts'
import { ANONYMOUS, type Session } from './request-context.ts'

const MAX_FRAME_STALL_MS = 60_000
const UNKNOWN_SOFTWARE = 'unknown'

export interface ConnectionsOptions {
  readonly env: Env
  readonly config: BrokerConfig
  readonly pool: SlabPool
  /** The settings as they are now: some change while the broker runs. */
  readonly currentConfig: () => BrokerConfig
  /** Not asked before the server is open. */
  readonly dispatcher: () => Dispatcher
  readonly metrics: BrokerMetrics
  readonly requestLog: RequestLog
  readonly loopWatch: LoopWatch
  /** Judges connections by how fast they come. */
  readonly onAccepted: NonNullable<SocketServerOptions['onAccepted']>
  /** Nobody is behind a connection any more. */
  readonly onClosed: (connectionId: number) => void
}

/** A server that hands requests to the broker's handlers. It does not listen yet. */
export function brokerConnections({
  env,
  config,
  currentConfig,
  pool,
  dispatcher,
  metrics,
  requestLog,
  loopWatch,
  onAccepted,
  onClosed,
}: ConnectionsOptions): SocketServer {
  const { values } = config
  const server = new SocketServer({
    env: { ...env, logger: env.logger.child('network') },
    pool,
    connection: {
      maxFrameBytes: values['socket.request.max.bytes'],
      maxInFlight: values['ottla.connection.requests.max'],
      bufferBytes: values['ottla.connection.budget.bytes'],
    },
    connections: () => limitsOf(currentConfig()),
    requestBudgetBytes: values['ottla.process.budget.bytes'],
    responseBudgetBytes: values['ottla.process.budget.bytes'],
    maxIdleMs: values['connections.max.idle.ms'],
    maxFrameStallMs: MAX_FRAME_STALL_MS,
    backlog: values['socket.listen.backlog.size'],
    onAccepted,
    admit: (firstWord) => dispatcher().admit(firstWord),
    onConnection: (connection) => {
      connection.attachment = sessionOf(connection)
    },
    onClose: (connection) => onClosed(connection.id),
    onRequest: (request) => dispatcher().dispatch(request, request.connection.attachment as Session),
    onHandled: (request) => loopWatch.handled(request),
    onAnswered: (request) => metrics.answered(request),
    onSent: (request, writtenAt, takenAt) => {
      metrics.sent(request, writtenAt, takenAt)
      requestLog.sent(request, writtenAt, takenAt)
    },
  })
  metrics.observeServer(server)
  return server
}

function sessionOf(connection: ServerConnection): Session {
  return {
    connectionId: connection.id,
    listenerName: connection.listenerName,
    clientHost: connection.remoteHost,
    clientPort: connection.remotePort,
    localHost: connection.localHost,
    localPort: connection.localPort,
    principal: ANONYMOUS,
    clientSoftwareName: UNKNOWN_SOFTWARE,
    clientSoftwareVersion: UNKNOWN_SOFTWARE,
  }
}

const limits = new WeakMap<BrokerConfig, ConnectionLimitOptions>()

function limitsOf(config: BrokerConfig): ConnectionLimitOptions {
  let found = limits.get(config)
  if (found === undefined) {
    found = {
      maxConnections: config.values['max.connections'],
      maxConnectionsPerIp: config.values['max.connections.per.ip'],
      perIpOverrides: perIpOverrides(config),
    }
    limits.set(config, found)
  }
  return found
}

/** host:count,host:count */
function perIpOverrides({ values }: BrokerConfig): Map<string, number> {
  const overrides = new Map<string, number>()
  for (const entry of values['max.connections.per.ip.overrides'].split(',')) {
    const at = entry.lastIndexOf(':')
    if (at > 0) overrides.set(entry.slice(0, at).trim(), Number(entry.slice(at + 1)))
  }
  return overrides
}
