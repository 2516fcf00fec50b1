import type { Span } from '../disk/sim-disk.ts'
import type { World } from '../world.ts'

export interface LinkQuality {
  /** One way. */
  latencyMs: Span
  /** Default: no bound. */
  bytesPerMs: number
  /** How likely a delivery is cut into pieces at arbitrary bytes. */
  splitChance: number
  /** Bytes of one direction of a connection that the two kernels hold before `write` has to wait. */
  windowBytes: number
}

export const DEFAULT_LINK_QUALITY: LinkQuality = {
  latencyMs: [0.02, 0.5],
  bytesPerMs: Number.POSITIVE_INFINITY,
  splitChance: 0.2,
  windowBytes: 128 * 1024,
}

/** The way from one host to another; the way back is another link. What is sent while it is cut waits, as TCP repeats it. */
export class Link {
  readonly quality: LinkQuality
  readonly #world: World
  readonly #isReachable: () => boolean
  #isCut = false
  #waiting: (() => void)[] = []

  constructor(world: World, options: { quality: LinkQuality; isReachable: () => boolean }) {
    this.#world = world
    this.quality = options.quality
    this.#isReachable = options.isReachable
  }

  /** Nothing arrives: the link is cut, or the host at its end is without power. */
  get isBlocked(): boolean {
    return this.#isCut || !this.#isReachable()
  }

  get isCut(): boolean {
    return this.#isCut
  }

  cut(): void {
    this.#isCut = true
  }

  heal(): void {
    this.#isCut = false
    this.retry()
  }

  /** Tries again what waits; for the link's end that is back, too. */
  retry(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const attempt of waiting) attempt()
  }

  /** Calls `attempt` when it makes sense to send again. */
  wait(attempt: () => void): void {
    this.#waiting.push(attempt)
  }

  /** A packet of its own: arrives after the latency, or when the link works again. */
  send(label: string, arrive: () => void): void {
    this.#world.schedule({
      at: this.#world.now + this.drawLatency(),
      label,
      process: null,
      run: () => {
        if (this.isBlocked) this.wait(() => this.send(label, arrive))
        else arrive()
      },
    })
  }

  drawLatency(): number {
    const [from, to] = this.quality.latencyMs
    return from + this.#world.random.float() * (to - from)
  }
}
