import { isatty } from 'node:tty'
import type { Env } from '../env.ts'
import { formatJson, type LogFormat, peopleFormatter } from '../log-format.ts'
import { LogLevels } from '../log-levels.ts'
import type { LogLevel } from '../logger.ts'
import type { PoolTasks } from '../pool.ts'
import { createLogger } from '../structured-logger.ts'
import { LogSink } from './log-sink.ts'
import { nodeClock } from './node-clock.ts'
import { nodeDiagnostics } from './node-diagnostics.ts'
import { nodeFileSystem } from './node-file-system.ts'
import { NodeHttp } from './node-http.ts'
import { nodeHttpClient } from './node-http-client.ts'
import { discardMemory, isNewMemoryUntouched } from './node-memory.ts'
import { NodeNetwork } from './node-network.ts'
import { nodePool } from './node-pool.ts'
import { nodeProcessFigures } from './node-process-figures.ts'
import { nodeRandom } from './node-random.ts'
import { NodeTimers } from './node-timers.ts'

export interface NodeEnvOptions {
  /** Level of the root logger. Default 'info'. */
  readonly logLevel?: LogLevel
  /** Levels of loggers by name. */
  readonly loggerLevels?: Readonly<Record<string, LogLevel>>
  /** Default: for people when the log goes to a terminal, else JSON. */
  readonly logFormat?: LogFormat
  /** File descriptor that the log is written to. Default 2. */
  readonly logDescriptor?: number
  /** Whether pending timers keep the process alive. Default false. */
  readonly timersKeepAlive?: boolean
  /** For how long the loop looks for more work before it sleeps, where that pays off; in milliseconds. Default 0: for servers alone. */
  readonly pollMs?: number
  /** Tasks that the pool runs besides its own. */
  readonly tasks?: PoolTasks
}

export interface NodeEnv extends Env {
  /** Writes out what the log still holds. Sockets, files and timers are their owners' to close. */
  close(): void
}

/** The real world. */
export function nodeEnv(options: NodeEnvOptions = {}): NodeEnv {
  const descriptor = options.logDescriptor ?? 2
  const isTerminal = isatty(descriptor)
  const format = options.logFormat ?? (isTerminal ? 'people' : 'json')
  const colour = isTerminal && process.env['NO_COLOR'] === undefined
  const sink = new LogSink({ descriptor, format: format === 'json' ? formatJson : peopleFormatter({ colour }) })
  const logLevels = new LogLevels(options.logLevel ?? 'info', options.loggerLevels)
  const logger = createLogger({ levels: logLevels, now: nodeClock.now, write: (line) => sink.write(line) })
  const networkLogger = logger.child('network')
  const network = new NodeNetwork({
    onAcceptError: (error) => networkLogger.warn('A connection could not be accepted', { error }),
  })
  const timers = new NodeTimers({
    clock: nodeClock,
    keepAlive: options.timersKeepAlive ?? false,
    pollMs: options.pollMs ?? 0,
  })
  return {
    clock: nodeClock,
    timers,
    random: nodeRandom,
    files: nodeFileSystem,
    network,
    http: new NodeHttp(network),
    httpClient: nodeHttpClient,
    diagnostics: nodeDiagnostics,
    processFigures: nodeProcessFigures,
    discardMemory,
    isNewMemoryUntouched: isNewMemoryUntouched(process.env),
    pool: nodePool(options.tasks),
    logger,
    logLevels,
    close: () => sink.close(),
  }
}
