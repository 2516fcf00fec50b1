/** A broker on a host of a simulation, over all its lives. */
import { type RunningBroker, startBroker } from '@ottla/broker'
import { type BrokerConfig, formatConfigProblem, parseServerProperties } from '@ottla/config'
import type { Env } from '@ottla/env'
import { type CrashKind, DeadProcessError, type Host, type Simulation } from '@ottla/sim'
import { assert, type Prng, SlabPool } from '@ottla/stdx'
import { scrambleIndexes, tearLogs } from './power-damage.ts'

export interface SimBrokerOptions {
  readonly simulation: Simulation
  readonly host: string
  readonly settings: Readonly<Record<string, string>>
  /** Draws what becomes of the disk when the power goes. */
  readonly random: Prng
  /** The system says which boot this is, as Linux does. */
  readonly tellsBoot: boolean
  /** What the broker gets instead of its world: a fault that is built in on purpose. */
  readonly wrap?: (env: Env) => Env
  /** The memory of each life. Default: one that overwrites what is freed. */
  readonly makePool?: () => SlabPool
  readonly onFatal: (error: Error) => void
}

/** How a start ended. */
export type StartOutcome =
  | { readonly kind: 'running' }
  /** The process died first. */
  | { readonly kind: 'died' }
  | { readonly kind: 'failed'; readonly error: unknown }

/** What Linux calls the running kernel; the broker looks at it to know whether the page cache was lost. */
const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id'

export class SimBroker {
  readonly config: BrokerConfig
  readonly #options: SimBrokerOptions
  #running: RunningBroker | null = null
  #lives = 0
  #crashes = 0
  #tornLogs = 0
  #scrambledIndexes = 0

  constructor(options: SimBrokerOptions) {
    this.#options = options
    this.config = parseSettings(options.settings)
  }

  get host(): Host {
    return this.#options.simulation.host(this.#options.host)
  }

  get isRunning(): boolean {
    return this.#running !== null
  }

  /** Null while it does not run. */
  get running(): RunningBroker | null {
    return this.#running
  }

  get crashes(): number {
    return this.#crashes
  }

  /** Logs whose tail a loss of power tore in the middle of a batch. */
  get tornLogs(): number {
    return this.#tornLogs
  }

  get scrambledIndexes(): number {
    return this.#scrambledIndexes
  }

  /** Starts the process; resolves when it serves, failed, or died. */
  start(): Promise<StartOutcome> {
    const { host } = this
    assert(host.process === undefined, 'one life at a time')
    if (this.#lives === 0) this.#boot()
    this.#lives++
    const life = host.start()
    return new Promise((resolve) => {
      this.#died = () => resolve({ kind: 'died' })
      const env = this.#options.wrap?.(life.env) ?? life.env
      const onFatal = (error: Error): void => {
        if (life.isAlive) this.#options.onFatal(error)
      }
      const pool = this.#options.makePool?.() ?? new SlabPool({ poison: true })
      startBroker(env, this.config, { onFatal, pool }).then(
        (running) => {
          if (!life.isAlive) return
          this.#running = running
          resolve({ kind: 'running' })
        },
        (error: unknown) => {
          if (life.isAlive && !(error instanceof DeadProcessError)) resolve({ kind: 'failed', error })
        },
      )
    })
  }

  /** Ends the process at once. May be called from within one of its own calls. */
  crash(kind: CrashKind): void {
    this.#crashes++
    this.#running = null
    const { random } = this.#options
    if (kind === 'power' && this.host.process !== undefined) {
      if (random.chance(0.5)) this.#tornLogs += tearLogs(this.host.disk, random)
      if (random.chance(0.5)) this.#scrambledIndexes += scrambleIndexes(this.host.disk, random)
    }
    this.host.crash(kind)
    if (kind === 'power') this.#boot()
    this.#died()
  }

  /** Stops in an orderly way; false when it died before it was done. */
  async stop(): Promise<boolean> {
    const running = this.#running
    if (running === null) return false
    const died = new Promise<boolean>((resolve) => {
      this.#died = () => resolve(false)
    })
    const isStopped = await Promise.race([running.stop().then(() => true), died])
    this.#running = null
    // The program ends; nothing is left to lose.
    if (isStopped) this.host.crash('process')
    return isStopped
  }

  #died: () => void = () => {}

  /** The machine was started. */
  #boot(): void {
    if (!this.#options.tellsBoot) return
    const { disk } = this.host
    const { onChange } = disk
    // The kernel's own doing is nothing that a program could be ended by.
    disk.onChange = () => {}
    disk.makeDirectory(BOOT_ID_PATH.slice(0, BOOT_ID_PATH.lastIndexOf('/')))
    const file = disk.createFile(BOOT_ID_PATH)
    for (const image of [file.current, file.durable]) {
      image.truncate(0)
      image.write(0, Buffer.from(`boot ${this.#crashes}\n`))
    }
    disk.onChange = onChange
  }
}

function parseSettings(settings: Readonly<Record<string, string>>): BrokerConfig {
  const parsed = parseServerProperties('', 'simulation', Object.entries(settings))
  if (parsed.kind === 'config') return parsed.config
  throw new Error(parsed.problems.map(formatConfigProblem).join('\n'))
}
