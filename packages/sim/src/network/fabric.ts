/** Everything between the hosts: names, links, listeners, connections. */
import { type ByteStream, NetworkError } from '@ottla/env'
import type { Host } from '../host.ts'
import type { Process } from '../process.ts'
import type { World } from '../world.ts'
import { DEFAULT_LINK_QUALITY, Link, type LinkQuality } from './link.ts'
import { Pipe } from './pipe.ts'
import { type Endpoint, SimByteStream } from './sim-byte-stream.ts'

export interface Listener {
  readonly process: Process
  /** As it was asked for: '' and '0.0.0.0' are every interface. */
  readonly host: string
  readonly port: number
  readonly accept: (stream: ByteStream) => void
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1'])
const ANY = new Set(['', '0.0.0.0', '::'])
const FIRST_EPHEMERAL_PORT = 32_768

export class Fabric {
  /** What links have that are made from now on. */
  quality: LinkQuality = DEFAULT_LINK_QUALITY
  readonly #world: World
  readonly #hosts = new Map<string, Host>()
  readonly #links = new Map<string, Link>()
  readonly #listeners = new Map<Host, Set<Listener>>()
  readonly #streams = new Map<Process, Set<SimByteStream>>()
  #nextPort = FIRST_EPHEMERAL_PORT

  constructor(world: World) {
    this.#world = world
  }

  add(host: Host): void {
    this.#hosts.set(host.name, host)
    this.#hosts.set(host.address, host)
    this.#listeners.set(host, new Set())
  }

  /** The way from one host to another, by name. */
  link(from: string, to: string): Link {
    const key = `${from}→${to}`
    let link = this.#links.get(key)
    if (link === undefined) {
      const target = this.#hosts.get(to)
      link = new Link(this.#world, { quality: { ...this.quality }, isReachable: () => target?.hasPower ?? false })
      this.#links.set(key, link)
    }
    return link
  }

  /** Links that exist or come to exist to this host try again. */
  retryTo(name: string): void {
    for (const [key, link] of this.#links) if (key.endsWith(`→${name}`)) link.retry()
  }

  /** The host that `name` means to a process of `from`; undefined when nobody knows it. */
  resolve(name: string, from: Host): Host | undefined {
    return LOOPBACK.has(name) ? from : this.#hosts.get(name)
  }

  /** Throws NetworkError. */
  listen(process: Process, address: { host: string; port: number }, accept: Listener['accept']): Listener {
    const { host, port } = address
    if (!ANY.has(host) && this.resolve(host, process.host) !== process.host) {
      throw new NetworkError('EADDRNOTAVAIL', `${host} is no address of ${process.host.name}`)
    }
    const listeners = this.#listeners.get(process.host) as Set<Listener>
    for (const other of listeners) {
      if (other.port === port) throw new NetworkError('EADDRINUSE', `port ${port} of ${process.host.name} is in use`)
    }
    const listener = { process, host, port: port === 0 ? this.#nextPort++ : port, accept }
    listeners.add(listener)
    return listener
  }

  unlisten(listener: Listener): void {
    this.#listeners.get(listener.process.host)?.delete(listener)
  }

  /** The listener that a connection to this name and port reaches. */
  listenerOf(host: Host, name: string, port: number): Listener | undefined {
    for (const listener of this.#listeners.get(host) ?? []) {
      if (listener.port !== port) continue
      if (ANY.has(listener.host) || LOOPBACK.has(listener.host) === LOOPBACK.has(name)) return listener
    }
    return undefined
  }

  /** Makes the two ends of a connection; the client's gets no bytes before `establishedAt`. */
  connect(client: Process, listener: Listener, options: { name: string; establishedAt: number }): SimByteStream[] {
    const isLoopback = LOOPBACK.has(options.name)
    const near: Endpoint = { host: isLoopback ? '127.0.0.1' : client.host.address, port: this.#nextPort++ }
    const far: Endpoint = { host: isLoopback ? '127.0.0.1' : listener.process.host.address, port: listener.port }
    const one = new SimByteStream(client, near, far)
    const other = new SimByteStream(listener.process, far, near)
    const there = this.#pipe(one, other, this.#world.now)
    const back = this.#pipe(other, one, options.establishedAt)
    this.#attach(one, other, { in: back, out: there })
    this.#attach(other, one, { in: there, out: back })
    return [one, other]
  }

  /** Breaks all connections between two hosts, as a firewall that forgot them does. */
  breakConnections(one: string, other: string): void {
    for (const [process, streams] of this.#streams) {
      if (process.host.name !== one && process.host.name !== other) continue
      const far = process.host.name === one ? other : one
      for (const stream of streams) {
        if (this.resolve(stream.remoteHost, process.host)?.name === far) stream.fail('ECONNRESET')
      }
    }
  }

  /** The process is dead: its listeners are gone, its connections end, and its peers learn of it only when power is left. */
  bury(process: Process, kind: 'process' | 'power'): void {
    const listeners = this.#listeners.get(process.host) as Set<Listener>
    for (const listener of listeners) if (listener.process === process) listeners.delete(listener)
    for (const stream of this.#streams.get(process) ?? []) {
      if (kind === 'power') stream.vanish()
      else stream.abandon()
    }
    this.#streams.delete(process)
  }

  #attach(stream: SimByteStream, other: SimByteStream, pipes: { in: Pipe; out: Pipe }): void {
    let streams = this.#streams.get(stream.process)
    if (streams === undefined) {
      streams = new Set()
      this.#streams.set(stream.process, streams)
    }
    streams.add(stream)
    stream.attach({
      ...pipes,
      sendReset: () => this.#reset(stream, other),
      closed: () => this.#streams.get(stream.process)?.delete(stream),
    })
  }

  #pipe(from: SimByteStream, to: SimByteStream, notBefore: number): Pipe {
    const link = this.link(from.process.host.name, to.process.host.name)
    const label = `bytes ${from.localHost}:${from.localPort}→${to.localHost}:${to.localPort}`
    return new Pipe(this.#world, link, {
      label,
      notBefore,
      ends: {
        taken: (flushed) => from.taken(flushed),
        finTaken: () => from.finTaken(),
        arrived: () => to.arrived(),
        timedOut: () => from.fail('ETIMEDOUT'),
      },
    })
  }

  #reset(from: SimByteStream, to: SimByteStream): void {
    this.link(from.process.host.name, to.process.host.name).send('reset', () => to.fail('ECONNRESET'))
  }
}
