import type { Env } from '@ottla/env'
import { assert } from '@ottla/stdx'
import { onGrid, type SimEvent } from './event-queue.ts'
import type { Host } from './host.ts'
import type { World } from './world.ts'

/** Thrown into code of a process that is dead and calls a port that answers at once. */
export class DeadProcessError extends Error {
  override readonly name = 'DeadProcessError'
}

/**
 * One life of a program on a host. When it ends, nothing of it goes on: its timers and deferred calls do not run, its streams
 * are silent, its pending operations never come back, and what answers at once throws.
 */
export class Process {
  readonly host: Host
  /** Counts the lives on this host from 1. */
  readonly incarnation: number
  #env: Env | undefined
  readonly #world: World
  #isAlive = true
  #busyUntil = 0
  #deferred: (() => void)[] = []
  #isDeferScheduled = false

  constructor(host: Host, incarnation: number, world: World) {
    this.host = host
    this.incarnation = incarnation
    this.#world = world
    this.#busyUntil = world.now
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  get env(): Env {
    assert(this.#env !== undefined, 'the process has its world')
    return this.#env
  }

  /** Gives the process its ports; once, by its host. */
  equip(env: Env): void {
    this.#env = env
  }

  /** Virtual time as this process has it: behind a call that held it, that much later than the world's. */
  get now(): number {
    return Math.max(this.#world.now, this.#busyUntil)
  }

  /** No event reaches the process before this time. */
  get busyUntil(): number {
    return this.#busyUntil
  }

  /** Holds the process (a slow system call, a pause of the machine). */
  hold(ms: number): void {
    this.#busyUntil = onGrid(this.now + ms)
  }

  /** Something that happens to this process after `delayMs`, unless it is dead by then. */
  later(delayMs: number, label: string, run: () => void): SimEvent {
    return this.#world.schedule({ at: this.now + delayMs, label, process: this, run })
  }

  /** Runs `fn` behind the input that the present turn still gets: usually none, sometimes that of a tenth of a millisecond. */
  defer(fn: () => void): void {
    this.#deferred.push(fn)
    if (this.#isDeferScheduled) return
    this.#isDeferScheduled = true
    const random = this.#world.random
    this.later(random.chance(0.25) ? random.float() / 10 : 0, 'deferred', () => this.#runDeferred())
  }

  /** Throws when the process is dead. */
  checkAlive(): void {
    if (!this.#isAlive) throw new DeadProcessError(`process ${this.incarnation} of ${this.host.name} is dead`)
  }

  die(): void {
    this.#isAlive = false
    this.#deferred = []
  }

  #runDeferred(): void {
    for (let index = 0; index < this.#deferred.length && this.#isAlive; index++) (this.#deferred[index] as () => void)()
    this.#deferred = []
    this.#isDeferScheduled = false
  }
}
