/** How a process calls its disk: faults strike, synchronous calls may hold it, asynchronous ones come back later or never. */
import type { Process } from '../process.ts'
import { digest } from '../trace.ts'
import type { World } from '../world.ts'
import type { DiskOperation, FaultEffect } from './disk-faults.ts'
import type { SimDisk, Span } from './sim-disk.ts'

export interface DiskCall<T> {
  readonly operation: DiskOperation
  readonly path: string
  /** How long it takes. */
  readonly span: Span
  /** Bytes that take part, for the trace. */
  readonly bytes?: Uint8Array
  /** What it does, at the moment at which it does it. */
  readonly effect: (fault: FaultEffect | undefined) => T
}

interface InFlight {
  readonly effect: () => unknown
}

export class DiskCalls {
  readonly disk: SimDisk
  readonly process: Process
  /** Handles that are not closed. */
  openFiles = 0
  readonly #world: World
  readonly #inFlight = new Set<InFlight>()
  #stuck: (() => void)[] = []

  constructor(world: World, process: Process, disk: SimDisk) {
    this.#world = world
    this.process = process
    this.disk = disk
  }

  /** A call that answers at once. */
  sync<T>(call: DiskCall<T>): T {
    this.process.checkAlive()
    const fault = this.#strike(call)
    const ms = (fault?.kind === 'slow' ? fault.ms : 0) + this.#draw(call.span)
    if (ms > 0) this.process.hold(ms)
    const result = call.effect(fault)
    // A test may have ended the process in the middle of the call: then it does not return.
    this.process.checkAlive()
    return result
  }

  /** A call that answers later; when the process dies before that, never. It takes effect when it answers. */
  async<T>(call: DiskCall<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.process.isAlive) return
      const fault = this.#strike(call)
      const inFlight: InFlight = { effect: () => call.effect(fault) }
      const finish = (): void => {
        this.#inFlight.delete(inFlight)
        try {
          const result = call.effect(fault)
          if (this.process.isAlive) resolve(result)
        } catch (error) {
          if (this.process.isAlive) reject(error)
        }
      }
      this.#inFlight.add(inFlight)
      if (fault?.kind === 'stuck') {
        this.#stuck.push(finish)
        return
      }
      const ms = (fault?.kind === 'slow' ? fault.ms : 0) + this.#draw(call.span)
      this.process.later(ms, `${call.operation} done`, finish)
    })
  }

  /** Lets the stuck calls come back. */
  release(): void {
    const stuck = this.#stuck
    this.#stuck = []
    for (const finish of stuck) this.process.later(0, 'released', finish)
  }

  /** The process dies: each call that is under way happens or does not. */
  abandon(): void {
    for (const { effect } of this.disk.random.shuffle([...this.#inFlight])) {
      if (!this.disk.random.chance(0.5)) continue
      try {
        effect()
      } catch {
        // Nobody is left to be told.
      }
    }
    this.#inFlight.clear()
    this.#stuck = []
    this.openFiles = 0
  }

  #strike(call: DiskCall<unknown>): FaultEffect | undefined {
    const label = `${this.process.host.name} ${call.operation} ${call.path}`
    this.#world.trace.add(this.process.now, label, call.bytes === undefined ? 0 : digest(call.bytes))
    return this.disk.faults.strike(call.operation, call.path)
  }

  #draw([from, to]: Span): number {
    return from === to ? from : from + this.disk.random.float() * (to - from)
  }
}

/** No time at all. */
export const AT_ONCE: Span = [0, 0]
