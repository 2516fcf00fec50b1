/**
 * Starts and stops a broker: data folders, metadata, controller, registration, listeners; and back.
 *
 * The ports are taken first, so that a port in use shows before anything is written, and connections that come early wait; they are
 * read from when the broker is unfenced.
 */
import type { BrokerConfig } from '@ottla/config'
import type { Env } from '@ottla/env'
import {
  createLogResources,
  DEFAULT_LOG_CONFIG,
  type DirectoryStatus,
  type LogError,
  type LogLimits,
  type LogResources,
  LogStore,
} from '@ottla/log'
import { type ControllerChannel, type RegisteredEndpoint, resolveNodeId } from '@ottla/metadata'
import type { BoundListener, SocketServer } from '@ottla/net'
import { assert, SlabPool } from '@ottla/stdx'
import { Broker } from './broker.ts'
import { BrokerMetrics } from './broker-metrics.ts'
import { brokerConnections } from './connections.ts'
import { startDiagnostics } from './diagnostics/diagnostics.ts'
import { Dispatcher } from './dispatcher.ts'
import type { BrokerPhase } from './http/health.ts'
import { type HttpListener, startHttpListener } from './http/http-listener.ts'
import { BrokerRegistration } from './lifecycle/broker-registration.ts'
import { startLogCleaner } from './lifecycle/log-cleaning.ts'
import { startSchedules } from './lifecycle/schedules.ts'
import { openEmbeddedController } from './open-embedded-controller.ts'
import { type Arrival, SERVED_AT_ONCE } from './quota/connection-rates.ts'

export interface StartBrokerOptions {
  /** An invariant is broken, or all data folders failed: the process should end. Default: logs and stops. */
  readonly onFatal?: (error: Error) => void
  /** Memory for frames and for reads from disk. Default: a pool of its own. Tests bring one that overwrites what is freed. */
  readonly pool?: SlabPool
  /** What relative paths in the settings start from, absolute. Without it they are used as they are. */
  readonly workingFolder?: string
  /** Where the controller is. Default: in this process, on a log in the data folder. */
  readonly openController?: OpenController
}

/** A controller that the broker can ask. */
export interface OpenedController {
  readonly channel: ControllerChannel
  close(): Promise<void>
}

export type OpenController = (needs: {
  readonly env: Env
  readonly config: BrokerConfig
  readonly logs: LogStore
  readonly resources: LogResources
  /** metadata.log.dir. */
  readonly directory: string
  /** To be called when the controller can decide nothing any more. */
  readonly onFailed: (error: Error) => void
}) => Promise<OpenedController>

/** A broker that runs. */
export interface RunningBroker {
  readonly nodeId: number
  readonly clusterId: string
  readonly directories: readonly DirectoryStatus[]
  readonly listeners: readonly BoundListener[]
  /** Where /metrics and /health are; null without. */
  readonly http: Pick<HttpListener, 'host' | 'port'> | null
  /** Its services, for tests and embedding. */
  readonly broker: Broker
  /** Answers what was begun, writes everything out, and marks the folders as cleanly stopped. */
  stop(): Promise<void>
}

/** Starts a broker. Rejects with NetworkError, LogError, MetadataError or ApiError; nothing is left open then. */
export async function startBroker(
  env: Env,
  config: BrokerConfig,
  options: StartBrokerOptions = {},
): Promise<RunningBroker> {
  const start = new Start(env, config, options)
  try {
    return await start.run()
  } catch (error) {
    await start.undo({ isClean: false })
    throw error
  }
}

/** Time that requests under way get at a stop. */
const DRAIN_MS = 10_000
/** Time that the controller gets to let the broker go. */
const SHUTDOWN_MS = 5_000
const PLAINTEXT = 0
/** What large requests of a busy moment leave until the next one. What is not wanted any more goes back within seconds. */
const FREE_BYTES_MAX = 128 << 20
/** What is made ready for the tail, and for requests beside it, before the load comes. */
const BEYOND_TAIL_BYTES = 8 << 20
const RESERVE_BYTES_MAX = 256 << 20
/** Between a few blocks that go back and the next ones. */
const GIVE_BACK_MS = 1
/** Logs that are recovered at once after a crash; those that somebody asks for come first. */
const RECOVERY_CONCURRENCY = 2

interface End {
  readonly isClean: boolean
}

/** The steps of a start, each with what undoes it. */
class Start {
  readonly #env: Env
  readonly #config: BrokerConfig
  readonly #options: StartBrokerOptions
  readonly #metrics = new BrokerMetrics()
  readonly #pool: SlabPool
  readonly #resources: LogResources
  /** In the order in which things were made; undone backwards. */
  readonly #undo: ((end: End) => Promise<void> | void)[] = []
  #broker: Broker | null = null
  #phase: BrokerPhase = 'starting'

  constructor(env: Env, config: BrokerConfig, options: StartBrokerOptions) {
    this.#env = env
    this.#config = config
    this.#options = options
    this.#pool = options.pool ?? slabPool(env, config)
    this.#resources = createLogResources(env, logLimits(config.values), this.#pool)
    this.#metrics.observeLogs(this.#resources)
  }

  async run(): Promise<RunningBroker> {
    const server = this.#server()
    const listeners = await this.#listen(server)
    const http = await this.#listenForHttp()
    const logs = await this.#openLogs()
    const channel = await this.#openController(logs)
    const broker = new Broker({
      env: this.#env,
      config: this.#config,
      logs,
      channel,
      pool: this.#pool,
      metrics: this.#metrics,
      fatal: (error) => this.#fatal(error),
    })
    this.#broker = broker
    this.#undo.push(await broker.follow())
    const registration = await this.#register(broker, listeners)
    this.#dispatcher = new Dispatcher(broker, broker.apis)
    if (logs.previousBrokerEpoch < 0) void recover(broker)
    void logs.resumeMoves()
    this.#undo.push(startSchedules(broker, this.#resources), startLogCleaner(broker), () => drain(server, broker))
    await registration.unfence()
    server.open()
    this.#phase = 'running'
    return this.#running(broker, { listeners, http })
  }

  /** Undoes what was done, last things first. Failures are logged, and the rest is undone all the same. */
  async undo(end: End): Promise<void> {
    if (this.#phase !== 'failed') this.#phase = 'stopping'
    for (let step = this.#undo.pop(); step !== undefined; step = this.#undo.pop()) {
      try {
        await step(end)
      } catch (error) {
        this.#env.logger.error('a step of the stop failed', { error })
      }
    }
  }

  #dispatcher: Dispatcher | null = null

  #server(): SocketServer {
    const dispatcher = (): Dispatcher => {
      assert(this.#dispatcher !== null, 'connections are read when the broker can answer')
      return this.#dispatcher
    }
    const [env, config, pool, metrics] = [this.#env, this.#config, this.#pool, this.#metrics]
    // What members of share groups hold goes with their connections.
    const onClosed = (id: number): void => this.#broker?.shares.sessions.connectionClosed(id)
    const onAccepted = (address: string): Arrival => this.#broker?.connected(address) ?? SERVED_AT_ONCE
    const currentConfig = (): BrokerConfig => this.#broker?.config ?? config
    const diagnostics = startDiagnostics(env, currentConfig, metrics.loopDelay)
    this.#undo.push(() => diagnostics.stop())
    const shared = { env, config, currentConfig, pool, dispatcher, metrics, ...diagnostics }
    const server = brokerConnections({ ...shared, onAccepted, onClosed })
    this.#undo.push(() => server.close(0))
    return server
  }

  #listen(server: SocketServer): Promise<BoundListener[]> {
    return Promise.all(this.#config.listeners.map(({ name, host, port }) => server.listen({ name, host, port })))
  }

  /** From the beginning to the end: whoever supervises the process may ask at any time. */
  async #listenForHttp(): Promise<HttpListener | null> {
    const subject = { phase: () => this.#phase, broker: () => this.#broker }
    const http = await startHttpListener(this.#env, this.#config, subject)
    if (http !== null) this.#undo.unshift(() => http.close())
    return http
  }

  async #openLogs(): Promise<LogStore> {
    const directories = this.#config.logDirs.map((path) => this.#absolute(path))
    // A folder may fail while the store is being opened.
    let opened: LogStore | null = null
    const logs = await LogStore.open({
      resources: this.#resources,
      directories,
      nodeId: await resolveNodeId(this.#env.files, this.#config, directories),
      configOf: (topic) => this.#broker?.settingsOf(topic).log ?? DEFAULT_LOG_CONFIG,
      cordoned: () => {
        const { values } = this.#broker?.config ?? this.#config
        return (values['cordoned.log.dirs'] ?? []).map((path) => (path === '*' ? path : this.#absolute(path)))
      },
      moveBytesPerSecond: () =>
        (this.#broker?.config ?? this.#config).values['replica.alter.log.dirs.io.max.bytes.per.second'],
      onDirectoryFailed: (directory, error) => this.#directoryFailed(opened, directory, error),
    })
    opened = logs
    this.#undo.push(({ isClean: clean }) => logs.close({ clean, brokerEpoch: this.#broker?.brokerEpoch ?? -1 }))
    return logs
  }

  #absolute(path: string): string {
    const { workingFolder } = this.#options
    const isAbsolute = path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path)
    return isAbsolute || workingFolder === undefined ? path : `${workingFolder}/${path}`
  }

  #directoryFailed(logs: LogStore | null, directory: DirectoryStatus, error: LogError): void {
    this.#env.logger.error('data folder failed; its partitions are offline', { folder: directory.path, error })
    if (logs?.directories.every((one) => one.error !== null)) this.#fatal(error)
  }

  async #openController(logs: LogStore): Promise<ControllerChannel> {
    const open = this.#options.openController ?? openEmbeddedController
    const controller = await open({
      env: this.#env,
      config: this.#config,
      logs,
      resources: this.#resources,
      directory: this.#absolute(this.#config.metadataLogDir),
      onFailed: (error) => this.#fatal(error),
    })
    this.#undo.push(() => controller.close())
    return controller.channel
  }

  async #register(broker: Broker, listeners: readonly BoundListener[]): Promise<BrokerRegistration> {
    const { values } = this.#config
    const { env, logger, channel, nodeId, clusterId, logs } = broker
    const ids = (isOffline: boolean): string[] =>
      logs.directories.filter(({ error }) => (error !== null) === isOffline).map(({ directoryId }) => directoryId)
    const registration = new BrokerRegistration({
      env,
      logger,
      channel,
      nodeId,
      clusterId,
      endpoints: registeredEndpoints(this.#config, listeners),
      rack: values['broker.rack'],
      directories: () => ids(false),
      offlineDirectories: () => ids(true),
      previousBrokerEpoch: logs.previousBrokerEpoch,
      heartbeatIntervalMs: values['broker.heartbeat.interval.ms'],
      registrationTimeoutMs: values['initial.broker.registration.timeout.ms'],
    })
    await registration.register()
    broker.brokerEpoch = registration.brokerEpoch
    this.#undo.push(({ isClean }) => registration.shutDown(isClean ? SHUTDOWN_MS : 0))
    return registration
  }

  #running(broker: Broker, { listeners, http }: Pick<RunningBroker, 'listeners' | 'http'>): RunningBroker {
    let stopped: Promise<void> | undefined
    return {
      nodeId: broker.nodeId,
      clusterId: broker.clusterId,
      directories: broker.logs.directories,
      listeners,
      http,
      broker,
      stop: () => {
        stopped ??= this.undo({ isClean: true })
        return stopped
      },
    }
  }

  #fatal(error: Error): void {
    this.#phase = 'failed'
    this.#env.logger.fatal('the broker cannot go on', { error })
    if (this.#options.onFatal !== undefined) this.#options.onFatal(error)
    else void this.undo({ isClean: false })
  }
}

function slabPool(env: Env, config: BrokerConfig): SlabPool {
  const maxFreeBytes = FREE_BYTES_MAX
  if (env.discardMemory === undefined) return new SlabPool({ maxFreeBytes })
  const wantedBytes = config.values['ottla.tail.budget.bytes'] + BEYOND_TAIL_BYTES
  const reserveBytes = env.isNewMemoryUntouched === true ? Math.min(wantedBytes, RESERVE_BYTES_MAX) : 0
  const later = (run: () => void): unknown => env.timers.after(GIVE_BACK_MS, run)
  return new SlabPool({ maxFreeBytes, reserveBytes, discard: env.discardMemory, later })
}

/** Opens every log after an unclean stop: the replicas know what an acknowledgement meant. The folders are told when all are whole. */
async function recover({ replicas, logs, logger }: Broker): Promise<void> {
  try {
    await replicas.openAll(RECOVERY_CONCURRENCY)
    await logs.recover()
  } catch (error) {
    logger.error('recovery failed', { error })
  }
}

/** Starts no further request, lets those under way end, and sends what they answer. */
async function drain(server: SocketServer, broker: Broker): Promise<void> {
  const closed = server.close(DRAIN_MS)
  broker.replicas.wakeAll()
  await broker.coordinators.settle()
  broker.shares.close()
  broker.coordinators.close()
  await closed
  broker.deadlines.close()
  await broker.replicas.settle()
}

function logLimits(values: BrokerConfig['values']): Partial<LogLimits> {
  return {
    tailBytes: values['ottla.tail.budget.bytes'],
    concurrentSyncs: values['ottla.sync.concurrency'],
    journalSegmentBytes: values['ottla.journal.segment.bytes'],
    journalSegments: values['ottla.journal.segments'],
    writebackLogBytes: values['ottla.writeback.bytes'],
    ...(values['ottla.open.files.max'] > 0 ? { openFiles: values['ottla.open.files.max'] } : undefined),
  }
}

/** What other nodes are told. A listener without an address of its own is told as localhost: clients see what they connected to. */
function registeredEndpoints(config: BrokerConfig, bound: readonly BoundListener[]): RegisteredEndpoint[] {
  return config.listeners.map(({ name, advertised }) => ({
    name,
    host: advertised.host ?? 'localhost',
    port: advertised.port ?? bound.find((listener) => listener.name === name)?.port ?? 0,
    securityProtocol: PLAINTEXT,
  }))
}
