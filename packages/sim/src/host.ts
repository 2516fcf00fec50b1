import { createLogger, LogLevels, type LogLine } from '@ottla/env'
import { Prng } from '@ottla/stdx'
import type { DirectoryNode } from './disk/directory-node.ts'
import { DiskCalls } from './disk/disk-calls.ts'
import type { PowerLossMode } from './disk/power-loss.ts'
import type { SimDisk } from './disk/sim-disk.ts'
import { SimFileSystem } from './disk/sim-file-system.ts'
import type { Fabric } from './network/fabric.ts'
import { SimNetwork } from './network/sim-network.ts'
import { Process } from './process.ts'
import { simPool } from './sim-pool.ts'
import { simRandom } from './sim-random.ts'
import { simTimers } from './sim-timers.ts'
import type { SimulationSettings } from './simulation.ts'
import type { World } from './world.ts'

/** 'process': the program ends, what it wrote is there. 'power': the machine goes dark, what was synced is there. */
export type CrashKind = 'process' | 'power'

export interface HostOptions {
  readonly name: string
  readonly address: string
  readonly disk: SimDisk
}

/** Log lines of a host beyond this push out the oldest. */
const LINES_MAX = 10_000

/** A machine: it has a disk, a clock and an address, and runs one process at a time. */
export class Host {
  readonly name: string
  readonly address: string
  /** What it wrote to its log, over all lives. */
  readonly log: LogLine[] = []
  disk: SimDisk
  /** How far the wall clock is ahead of the simulation's. Changing it is a jump that a process sees. */
  clockSkewMs = 0
  /** How much faster the wall clock runs, in millionths. */
  clockDriftPpm = 0
  readonly #world: World
  readonly #fabric: Fabric
  readonly #settings: SimulationSettings
  readonly #random: Prng
  readonly #locks = new Map<DirectoryNode, Process>()
  #process: Process | undefined
  #calls: DiskCalls | undefined
  #incarnation = 0
  #hasPower = true
  #isCrashing = false

  constructor(world: World, fabric: Fabric, settings: SimulationSettings, options: HostOptions) {
    this.#world = world
    this.#fabric = fabric
    this.#settings = settings
    this.name = options.name
    this.address = options.address
    this.disk = options.disk
    this.#random = new Prng(`${settings.seed}/${options.name}`)
  }

  get hasPower(): boolean {
    return this.#hasPower
  }

  /** The process that runs; undefined after a crash, until it is started again. */
  get process(): Process | undefined {
    return this.#process
  }

  /** Wall time of this host at a point of virtual time, milliseconds since 1970. */
  wallMs(now: number): number {
    return Math.floor(this.#settings.startMs + now * (1 + this.clockDriftPpm / 1e6) + this.clockSkewMs)
  }

  /** The running process, or a new one. */
  start(): Process {
    if (this.#process !== undefined) return this.#process
    const process = new Process(this, ++this.#incarnation, this.#world)
    this.#process = process
    this.#equip(process)
    if (!this.#hasPower) {
      this.#hasPower = true
      this.#fabric.retryTo(this.name)
    }
    return process
  }

  /** Ends the process at once, in the middle of whatever it does; where none runs, the power may still go. */
  crash(kind: CrashKind, mode?: PowerLossMode): void {
    if (this.#isCrashing || !this.#hasPower) return
    this.#isCrashing = true
    this.#world.trace.add(this.#world.now, `${this.name} crash ${kind}`, this.#incarnation)
    if (this.#process !== undefined) this.#end(this.#process, kind)
    if (kind === 'power') {
      this.#hasPower = false
      this.disk.losePower(mode)
    }
    this.#isCrashing = false
  }

  /** Stops the process for a while, as SIGSTOP or a stalled virtual machine does: all its timers are late. */
  pause(ms: number): void {
    this.#process?.hold(ms)
  }

  /** Files that the running process has open. */
  get openFiles(): number {
    return this.#calls?.openFiles ?? 0
  }

  /** Lets disk operations that a fault made stuck come back. */
  releaseStuckOperations(): void {
    this.#calls?.release()
  }

  #equip(process: Process): void {
    this.#calls = new DiskCalls(this.#world, process, this.disk)
    const bootedAt = this.#world.now
    const clock = {
      now: () => this.wallMs(process.now),
      monotonic: () => process.now - bootedAt,
    }
    const logLevels = new LogLevels(this.#settings.logLevel)
    const write = (line: LogLine): void => {
      if (process.isAlive) this.#keep(line)
    }
    process.equip({
      clock,
      timers: simTimers(process),
      random: simRandom(this.#random.fork(`life ${process.incarnation}`)),
      files: new SimFileSystem(this.#calls, this.#locks),
      network: new SimNetwork(this.#world, process, this.#fabric),
      pool: simPool(process, this.#world, this.#settings.tasks),
      logger: createLogger({ levels: logLevels, now: clock.now, write }),
      logLevels,
    })
  }

  #end(process: Process, kind: CrashKind): void {
    process.die()
    this.#process = undefined
    // Calls that are under way may still happen, and whoever watches the disk may call for the crash that this is.
    this.#calls?.abandon()
    this.#locks.clear()
    this.#fabric.bury(process, kind)
  }

  #keep(line: LogLine): void {
    this.log.push(line)
    if (this.log.length > LINES_MAX) this.log.splice(0, LINES_MAX / 2)
    this.#settings.onLogLine(this.name, line)
  }
}
