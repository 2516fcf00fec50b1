/**
 * A world in one process: hosts with programs on them, their disks, the network between them, and time. From one seed
 * everything follows, so a run that failed is run again by its seed.
 *
 * Time is virtual and one queue holds what will happen, ordered by time and, at the same time, by a draw. The loop takes an
 * event, runs it, lets promises settle, and takes the next. "Lets promises settle" is exact: a tick that was asked for from
 * within the microtask queue runs when that queue is empty, however long the chains in it are. Nothing else may make
 * things happen: code that waits for a real timer, a real file, a worker or `import()` is outside, and the simulation would go on
 * without it. It says so when nothing is left to happen and the program still waits.
 */
import type { Env, LogLevel, LogLine, PoolTasks } from '@ottla/env'
import { NodeTimers, nodeClock } from '@ottla/env/node'
import { assert, Prng } from '@ottla/stdx'
import type { PowerLossMode } from './disk/power-loss.ts'
import { SimDisk } from './disk/sim-disk.ts'
import { EventQueue, type SimEvent } from './event-queue.ts'
import { type CrashKind, Host } from './host.ts'
import { Fabric } from './network/fabric.ts'
import type { LinkQuality } from './network/link.ts'
import { DeadProcessError } from './process.ts'
import { Trace } from './trace.ts'
import type { World } from './world.ts'

export interface SimulationOptions {
  readonly seed: number | string
  /** Wall time at the start. Default 2023-11-14. */
  readonly startMs?: number
  /** Level of what hosts keep of their log. Default 'info'. */
  readonly logLevel?: LogLevel
  /** Sees each line, e.g. to print it. */
  readonly onLogLine?: (host: string, line: LogLine) => void
  /** Tasks that pools run besides their own. */
  readonly tasks?: PoolTasks
  /** Quality of the links. */
  readonly links?: Partial<LinkQuality>
  /** Keeps the lines of the trace, to find where two runs part. */
  readonly keepTrace?: boolean
  /** Events after which a run is taken for endless. Default 20 million. */
  readonly maxEvents?: number
}

export interface SimulationSettings {
  readonly seed: number | string
  readonly startMs: number
  readonly logLevel: LogLevel
  readonly onLogLine: (host: string, line: LogLine) => void
  readonly tasks: PoolTasks
}

/** A run failed. The message has the seed and the virtual time, `cause` is what was thrown. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError'
}

type Outcome<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'failed'; readonly error: unknown }

interface Waiter {
  readonly isTrue: () => boolean
  readonly resolve: () => void
}

const EVENTS_PER_BREATH = 50_000
const REAL_TIMERS = new NodeTimers({ clock: nodeClock, keepAlive: true })

export class Simulation {
  readonly trace: Trace
  /** Draws for the test itself: which fault, when. */
  readonly random: Prng
  readonly network: Fabric
  readonly #world: World
  readonly #settings: SimulationSettings
  readonly #queue: EventQueue
  readonly #hosts = new Map<string, Host>()
  readonly #checks = new Set<() => void>()
  readonly #maxEvents: number
  #waiters: Waiter[] = []
  #now = 0
  #isRunning = false
  /** Promises that nobody catches are seen when the loop takes breath. */
  #rejections: unknown[] = []
  readonly #onUnhandledRejection = (reason: unknown): void => {
    if (!(reason instanceof DeadProcessError)) this.#rejections.push(reason)
  }

  constructor(options: SimulationOptions) {
    this.#settings = {
      seed: options.seed,
      startMs: options.startMs ?? 1_700_000_000_000,
      logLevel: options.logLevel ?? 'info',
      onLogLine: options.onLogLine ?? (() => {}),
      tasks: options.tasks ?? {},
    }
    this.#maxEvents = options.maxEvents ?? 20_000_000
    const root = new Prng(options.seed)
    this.random = root.fork('test')
    this.trace = new Trace({ keepLines: options.keepTrace ?? false })
    this.#queue = new EventQueue(root.fork('order'))
    const now = (): number => this.#now
    this.#world = {
      get now() {
        return now()
      },
      random: root.fork('world'),
      trace: this.trace,
      schedule: (event) => this.#queue.add(event),
    }
    this.network = new Fabric(this.#world)
    this.network.quality = { ...this.network.quality, ...options.links }
  }

  get seed(): number | string {
    return this.#settings.seed
  }

  /** Virtual milliseconds since the start. */
  get now(): number {
    return this.#now
  }

  /** The host of this name, made on first use. */
  host(name: string): Host {
    let host = this.#hosts.get(name)
    if (host === undefined) {
      const number = this.#hosts.size + 1
      host = new Host(this.#world, this.network, this.#settings, {
        name,
        address: `10.0.${number >> 8}.${number & 255}`,
        disk: new SimDisk({ seed: `${this.seed}/${name}/disk` }),
      })
      this.#hosts.set(name, host)
      this.network.add(host)
    }
    return host
  }

  /** The world as the running process of the host has it; starts one when none runs. */
  env(name: string): Env {
    return this.host(name).start().env
  }

  /** Ends the host's process between two events. After that `env` starts the next one. */
  async crash(name: string, kind: CrashKind, mode?: PowerLossMode): Promise<void> {
    await this.#event(`crash ${name}`, 0, () => this.host(name).crash(kind, mode))
  }

  /** Waits for virtual time to pass. */
  async sleep(ms: number): Promise<void> {
    await this.#event('sleep', ms, () => {})
  }

  /** Waits until the condition holds; it is asked after every event. Fails when `timeoutMs` of virtual time have passed. */
  async until(isTrue: () => boolean, options: { timeoutMs?: number; what?: string } = {}): Promise<void> {
    if (isTrue()) return
    const timeoutMs = options.timeoutMs ?? 60_000
    await new Promise<void>((resolve, reject) => {
      const waiter = { isTrue, resolve: () => settle(resolve) }
      const timeout = this.#schedule('timeout of until', timeoutMs, () =>
        settle(() =>
          reject(new SimulationError(`${options.what ?? 'the condition'} did not come true in ${timeoutMs} ms`)),
        ),
      )
      const settle = (then: () => void): void => {
        timeout.isCancelled = true
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        then()
      }
      this.#waiters.push(waiter)
    })
  }

  /** Calls `check` after every event; what it throws fails the run. The returned function takes it back. */
  checkAlways(check: () => void): () => void {
    this.#checks.add(check)
    return () => this.#checks.delete(check)
  }

  /** Cuts all ways between hosts of different groups; hosts in no group stay connected to all. */
  partition(...groups: readonly (readonly string[])[]): void {
    for (const group of groups) {
      for (const other of groups) {
        if (group === other) continue
        for (const from of group) for (const to of other) this.network.link(from, to).cut()
      }
    }
  }

  /** Cuts hosts off from all others, one after the other, and brings them back in another order. */
  async swizzle(names: readonly string[], options: { withinMs: number }): Promise<void> {
    for (const isCut of [true, false]) {
      for (const name of this.random.shuffle(names)) {
        await this.sleep((this.random.float() * options.withinMs) / names.length)
        for (const other of this.#hosts.keys()) {
          if (other === name) continue
          for (const link of [this.network.link(name, other), this.network.link(other, name)]) {
            if (isCut) link.cut()
            else link.heal()
          }
        }
      }
    }
  }

  /** Heals all links between the known hosts. */
  healNetwork(): void {
    for (const from of this.#hosts.keys()) for (const to of this.#hosts.keys()) this.network.link(from, to).heal()
  }

  /** Drives the world until the promise of `main` is settled. Events that are left wait for another `run`. */
  async run<T>(main: () => Promise<T>): Promise<T> {
    assert(!this.#isRunning, 'one run at a time')
    this.#isRunning = true
    this.#rejections = []
    // The world's own listener in place of all others: code of a dead process may throw, and a test runner would blame the test for it.
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', this.#onUnhandledRejection)
    try {
      const value = await this.#drive(main)
      await breath()
      this.#failOnRejection()
      return value
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const where = `seed ${JSON.stringify(this.seed)}, ${this.#now.toFixed(3)} ms, event ${this.trace.count}`
      throw new SimulationError(`${reason} (${where})`, { cause: error })
    } finally {
      // What was rejected in the last turn is told in the next.
      await breath()
      process.off('unhandledRejection', this.#onUnhandledRejection)
      for (const other of others) process.on('unhandledRejection', other)
      this.#isRunning = false
    }
  }

  async #drive<T>(main: () => Promise<T>): Promise<T> {
    const box: { outcome: Outcome<T> | undefined } = { outcome: undefined }
    main().then(
      (value) => (box.outcome = { kind: 'done', value }),
      (error: unknown) => (box.outcome = { kind: 'failed', error }),
    )
    await settled()
    for (let events = 1; box.outcome === undefined; events++) {
      const event = this.#nextEvent()
      if (event === undefined) {
        await this.#explainStandstill(() => box.outcome !== undefined)
        continue
      }
      this.#now = event.at
      this.trace.add(event.at, event.label, event.process?.incarnation ?? 0)
      runToItsDeath(event)
      await settled()
      this.#check()
      if (events % EVENTS_PER_BREATH === 0) await breath()
      this.#failOnRejection()
      if (events > this.#maxEvents) throw new SimulationError(`no end after ${events} events`)
    }
    if (box.outcome.kind === 'failed') throw box.outcome.error
    return box.outcome.value
  }

  /** The next event that is not cancelled and whose process lives and is not held. */
  #nextEvent(): SimEvent | undefined {
    for (;;) {
      const event = this.#queue.next()
      if (event === undefined) return undefined
      if (event.isCancelled || event.process?.isAlive === false) continue
      const busyUntil = event.process?.busyUntil ?? 0
      if (busyUntil <= event.at) return event
      this.#queue.postpone(event, busyUntil)
    }
  }

  #check(): void {
    for (const check of this.#checks) check()
    for (const waiter of this.#waiters) if (waiter.isTrue()) waiter.resolve()
  }

  #failOnRejection(): void {
    if (this.#rejections.length > 0) throw this.#rejections[0]
  }

  async #explainStandstill(isOver: () => boolean): Promise<void> {
    // What a check or a waiter set going after the last event.
    await settled()
    if (isOver() || this.#queue.size > 0) return
    await breath()
    await breath()
    if (isOver()) return
    if (this.#queue.size > 0) {
      throw new SimulationError(
        'something outside of the simulation made things go on: a real timer, file, worker or import()',
      )
    }
    throw new SimulationError('nothing is left to happen and the program still waits')
  }

  #event(label: string, delayMs: number, run: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#schedule(label, delayMs, () => {
        run()
        resolve()
      })
    })
  }

  #schedule(label: string, delayMs: number, run: () => void): SimEvent {
    return this.#queue.add({ at: this.#now + delayMs, label, process: null, run })
  }
}

/** A test may end the process from within one of its own calls: then what that event had begun ends there. */
function runToItsDeath(event: SimEvent): void {
  try {
    event.run()
  } catch (error) {
    if (!(error instanceof DeadProcessError)) throw error
  }
}

/** Resolves when the microtask queue has run empty: called from within it, the tick comes after all that it leads to. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}

/** Lets the event loop turn: signals, the test runner's messages, reports of unhandled rejections. */
function breath(): Promise<void> {
  return new Promise((resolve) => REAL_TIMERS.defer(resolve))
}
