import {
  type ByteStream,
  type ConnectOptions,
  type ListenAddress,
  type ListeningSocket,
  type Network,
  NetworkError,
} from '@ottla/env'
import type { Process } from '../process.ts'
import type { World } from '../world.ts'
import type { Fabric } from './fabric.ts'

/** What the kernel waits for an answer to a connection request. */
const CONNECT_MS = 130_000
const LOOKUP_MS = 0.2

interface ConnectAttempt {
  readonly host: string
  readonly port: number
  isOver: boolean
  settle(outcome: { readonly stream: ByteStream } | { readonly code: string }): void
}

/** The network as one process has it. */
export class SimNetwork implements Network {
  readonly #world: World
  readonly #process: Process
  readonly #fabric: Fabric

  constructor(world: World, process: Process, fabric: Fabric) {
    this.#world = world
    this.#process = process
    this.#fabric = fabric
  }

  listen(address: ListenAddress, accept: (stream: ByteStream) => void): Promise<ListeningSocket> {
    return this.#answer(() => {
      const listener = this.#fabric.listen(this.#process, address, accept)
      return {
        host: address.host,
        port: listener.port,
        close: () => this.#answer(() => this.#fabric.unlisten(listener)),
      }
    })
  }

  connect(address: { host: string; port: number }, options: ConnectOptions = {}): Promise<ByteStream> {
    return new Promise((resolve, reject) => {
      if (!this.#process.isAlive) return
      // Bytes that only look secret would test nothing.
      if (options.tls !== undefined) return reject(new NetworkError('ETLSOPTIONS', 'there is no TLS in simulation'))
      const where = `${address.host}:${address.port}`
      const abort = (): void => attempt.settle({ code: 'EABORTED' })
      const timeout = this.#process.later(options.timeoutMs ?? CONNECT_MS, 'connect timeout', () =>
        attempt.settle({ code: 'ETIMEDOUT' }),
      )
      const attempt: ConnectAttempt = {
        ...address,
        isOver: false,
        settle: (outcome) => {
          if (attempt.isOver) return
          attempt.isOver = true
          timeout.isCancelled = true
          options.signal?.removeEventListener('abort', abort)
          if ('stream' in outcome) resolve(outcome.stream)
          else reject(new NetworkError(outcome.code, `connecting to ${where} failed: ${outcome.code}`))
        },
      }
      if (options.signal?.aborted === true) return abort()
      options.signal?.addEventListener('abort', abort)
      this.#process.later(LOOKUP_MS, 'lookup', () => this.#request(attempt))
    })
  }

  /** The name is looked up and the request sent. */
  #request(attempt: ConnectAttempt): void {
    const near = this.#process.host
    const far = this.#fabric.resolve(attempt.host, near)
    if (far === undefined) {
      attempt.settle({ code: 'ENOTFOUND' })
      return
    }
    this.#fabric.link(near.name, far.name).send('connect', () => {
      if (attempt.isOver || !this.#process.isAlive) return
      const back = this.#fabric.link(far.name, near.name)
      if (back.isBlocked) {
        back.wait(() => this.#request(attempt))
        return
      }
      const listener = this.#fabric.listenerOf(far, attempt.host, attempt.port)
      if (listener === undefined) {
        back.send('refused', () => this.#process.later(0, 'refused', () => attempt.settle({ code: 'ECONNREFUSED' })))
        return
      }
      const establishedAt = this.#world.now + back.drawLatency()
      const [one, other] = this.#fabric.connect(this.#process, listener, { name: attempt.host, establishedAt })
      listener.process.later(0, 'accept', () => listener.accept(other as ByteStream))
      this.#process.later(Math.max(0, establishedAt - this.#process.now), 'connected', () => {
        if (attempt.isOver) one?.destroy()
        else attempt.settle({ stream: one as ByteStream })
      })
    })
  }

  /** Answers in an event of its own; never, when the process dies before. */
  #answer<T>(act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#process.isAlive) return
      this.#process.later(0, 'network', () => {
        try {
          resolve(act())
        } catch (error) {
          reject(error)
        }
      })
    })
  }
}
