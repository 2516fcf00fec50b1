/**
 * One run: many connections feed random and hurt frames to a broker, while a well-behaved client beside them reads what was
 * written before. At the end the broker is started again from what is on the disk. Everything follows from the seed.
 */
import { loadRe2, type RunningBroker, startBroker } from '@ottla/broker'
import { metricValue } from '@ottla/broker/metrics'
import { type BrokerConfig, formatConfigProblem, parseServerProperties } from '@ottla/config'
import type { Env } from '@ottla/env'
import { Simulation } from '@ottla/sim'
import { Prng, SlabPool } from '@ottla/stdx'
import { type DrawnFrame, drawFrame, type FrameSource, type ServedVersions } from './frames.ts'
import { FuzzBystander } from './fuzz-bystander.ts'
import { FuzzFault, FuzzPeer } from './fuzz-peer.ts'

export interface FuzzRunOptions {
  readonly seed: string
  readonly frames: number
  /** Default 16. */
  readonly connections?: number
}

export interface FuzzRunResult {
  readonly frames: number
  readonly bytes: number
  readonly answers: number
  readonly connections: number
  readonly closedByBroker: number
  /** Requests that were still allowed to wait when patience ended. */
  readonly leftWaiting: number
  readonly kinds: Readonly<Record<string, number>>
  /** Requests of the well-behaved client, all served. */
  readonly served: number
  readonly virtualMs: number
  readonly poolBytesMax: number
  readonly topics: number
}

const BROKER_HOST = 'broker'
const CLIENT_HOST = 'clients'
const ADDRESS = { host: BROKER_HOST, port: 9092 }
const FRAMES_PER_SERVE = 250
/** Until a half-received frame is given up. */
const SETTLE_MS = 200_000
/** One bad frame ends a connection and what was sent with it: so most come alone, others behind good ones, and some bursts have none. */
const MOODS = [
  { hurtShare: 0, maxFrames: 5 },
  { hurtShare: 0.1, maxFrames: 8 },
  { hurtShare: 0.9, maxFrames: 1 },
  { hurtShare: 1, maxFrames: 1 },
  { hurtShare: 1, maxFrames: 3 },
  { hurtShare: 1, maxFrames: 3 },
] as const
const POOL_BYTES_LIMIT = 96 << 20
/** The last is taken for the same as the one before it, by the rules for names of metrics. */
const TOPICS = ['fuzz-a', 'fuzz-b', 'fuzz-c', 'fuzz.d', 'fuzz_d']
const GROUPS = ['group-a', 'group-b', 'group-c']
const SETTINGS: Readonly<Record<string, string>> = {
  listeners: 'PLAINTEXT://:9092',
  'log.dirs': '/data',
  'offsets.topic.num.partitions': '2',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '50',
  'auto.create.topics.enable': 'false',
  'file.delete.delay.ms': '1000',
  'ottla.tail.budget.bytes': '2000000',
  'ottla.durability': 'replicated',
}

/** Rejects with SimulationError, whose cause says what the broker did wrong. */
export async function fuzzRun(options: FuzzRunOptions): Promise<FuzzRunResult> {
  // Modules come in real time, in which days of virtual time pass.
  await loadRe2()
  const failed: { reject: (error: Error) => void } = { reject: () => {} }
  const simulation = new Simulation({
    seed: options.seed,
    links: { splitChance: 0.05, latencyMs: [0.02, 0.2] },
    maxEvents: 1_000_000 + options.frames * 200,
    onLogLine: (host, line) => {
      const isBad = line.level === 'error' || line.level === 'fatal'
      if (host === BROKER_HOST && isBad) failed.reject(new FuzzFault(`the broker logged ${describeLine(line)}`))
    },
  })
  const run = new FuzzRun(simulation, options, (error) => failed.reject(error))
  await simulation.run(() => {
    const failure = new Promise<never>((_, reject) => {
      failed.reject = reject
    })
    return Promise.race([failure, run.main()])
  })
  return run.result()
}

class FuzzRun {
  readonly #simulation: Simulation
  readonly #options: FuzzRunOptions
  readonly #fail: (error: Error) => void
  readonly #pool = new SlabPool({ poison: true })
  readonly #client: Env
  readonly #random: Prng
  readonly #kinds: Record<string, number> = {}
  #bystander: FuzzBystander | null = null
  #served: readonly ServedVersions[] = []
  #versions = new Map<number, ServedVersions>()
  #frames = 0
  #bytes = 0
  #answers = 0
  #connections = 0
  #closedByBroker = 0
  #leftWaiting = 0
  #poolBytesMax = 0
  #topics = 0

  constructor(simulation: Simulation, options: FuzzRunOptions, fail: (error: Error) => void) {
    this.#simulation = simulation
    this.#options = options
    this.#fail = fail
    this.#client = simulation.env(CLIENT_HOST)
    this.#random = new Prng(`${options.seed}/frames`)
  }

  async main(): Promise<void> {
    let running = await this.#start()
    const bystander = new FuzzBystander(this.#client, ADDRESS)
    this.#bystander = bystander
    await bystander.prepare(TOPICS.slice(0, 4))
    this.#served = await bystander.servedVersions()
    this.#versions = new Map(this.#served.map((served) => [served.apiKey, served]))
    await Promise.all(Array.from({ length: this.#options.connections ?? 16 }, () => this.#worker()))
    await bystander.serve()
    await bystander.readAll()
    await this.#checkNothingLeft(running)
    this.#topics = bystander.topics
    bystander.close()
    await running.stop()
    this.#simulation.host(BROKER_HOST).crash('process')
    running = await this.#start()
    await bystander.readAll()
    bystander.close()
    await running.stop()
    this.#checkPool('after the stop', 0)
  }

  result(): FuzzRunResult {
    return {
      frames: this.#frames,
      bytes: this.#bytes,
      answers: this.#answers,
      connections: this.#connections,
      closedByBroker: this.#closedByBroker,
      leftWaiting: this.#leftWaiting,
      kinds: this.#kinds,
      served: this.#bystander?.served ?? 0,
      virtualMs: this.#simulation.now,
      poolBytesMax: this.#poolBytesMax,
      topics: this.#topics,
    }
  }

  #start(): Promise<RunningBroker> {
    const { env } = this.#simulation.host(BROKER_HOST).start()
    return startBroker(env, brokerConfig(), { onFatal: this.#fail, pool: this.#pool })
  }

  /** Sends bursts, on a new connection whenever the last is gone, until the frames are used up. */
  async #worker(): Promise<void> {
    let peer: FuzzPeer | null = null
    while (this.#frames < this.#options.frames) {
      if (peer === null || peer.isClosed) peer = await this.#connect()
      await this.#burst(peer)
      if (this.#random.chance(0.02)) peer.destroy()
      this.#checkPool('under fire', POOL_BYTES_LIMIT)
    }
    peer?.destroy()
  }

  async #connect(): Promise<FuzzPeer> {
    this.#connections++
    const stream = await this.#client.network.connect(ADDRESS, { timeoutMs: 30_000 })
    return new FuzzPeer({
      env: this.#client,
      stream,
      isServed: (key, version) => this.#isServed(key, version),
      onAnswer: () => this.#answers++,
      onFault: this.#fail,
    })
  }

  async #burst(peer: FuzzPeer): Promise<void> {
    const random = this.#random
    const { hurtShare, maxFrames } = random.pick(MOODS)
    const source = this.#source(hurtShare)
    const before = this.#frames
    const chunks: Buffer[] = []
    for (let left = random.between(1, maxFrames); left > 0 && this.#frames < this.#options.frames; left--) {
      chunks.push(this.#count(drawFrame(source, ++this.#frames)))
    }
    const last = -1 - this.#frames
    chunks.push(goodbye(last))
    const end = await peer.send(random.chance(0.5) ? [Buffer.concat(chunks)] : chunks, last)
    if (end === 'closed') this.#closedByBroker++
    if (end === 'waiting') {
      this.#leftWaiting++
      peer.destroy()
    }
    const turn = (frames: number): number => Math.floor(frames / FRAMES_PER_SERVE)
    if (turn(before) !== turn(this.#frames)) await this.#bystander?.serve()
  }

  #source(hurtShare: number): FrameSource {
    const topicIds = this.#bystander?.topicIds ?? []
    const subjects = { topics: TOPICS, groups: GROUPS, topicIds }
    const kept = { ...subjects, topics: [...TOPICS, FuzzBystander.topic] }
    return { random: this.#random, served: this.#served, hurtShare, subjects, kept }
  }

  #count({ kind, bytes }: DrawnFrame): Buffer {
    this.#kinds[kind] = (this.#kinds[kind] ?? 0) + 1
    this.#bytes += bytes.length
    return bytes
  }

  #isServed(key: number, version: number): boolean {
    const served = this.#versions.get(key)
    return served !== undefined && version >= served.minVersion && version <= served.maxVersion
  }

  /** When all bad connections are gone, the broker holds nothing of them any more. */
  async #checkNothingLeft({ broker }: RunningBroker): Promise<void> {
    const level = (name: string): number => metricValue(broker, name)
    const left = (): string =>
      `${level('ottla_connections')} connections, ${level('ottla_request_budget_used_bytes')} bytes of requests`
    await this.#simulation
      .until(() => left() === '1 connections, 0 bytes of requests', { timeoutMs: SETTLE_MS })
      .catch(() => this.#fail(new FuzzFault(`${left()} are left in the broker`)))
  }

  #checkPool(when: string, limit: number): void {
    const { inUseBytes } = this.#pool.counters
    this.#poolBytesMax = Math.max(this.#poolBytesMax, inUseBytes)
    if (inUseBytes > limit) this.#fail(new FuzzFault(`${inUseBytes} bytes of frames are held ${when}`))
  }
}

/** ApiVersions, version 0. */
function goodbye(correlationId: number): Buffer {
  const frame = Buffer.alloc(14)
  frame.writeInt32BE(10, 0)
  frame.writeInt16BE(18, 4)
  frame.writeInt32BE(correlationId, 8)
  frame.writeInt16BE(-1, 12)
  return frame
}

function brokerConfig(): BrokerConfig {
  const parsed = parseServerProperties('', 'fuzz', Object.entries(SETTINGS))
  if (parsed.kind === 'config') return parsed.config
  throw new Error(parsed.problems.map(formatConfigProblem).join('\n'))
}

function describeLine({ message, fields }: { message: string; fields?: Readonly<Record<string, unknown>> }): string {
  const { error, ...rest } = fields ?? {}
  return `${message} ${JSON.stringify(rest)} ${error instanceof Error ? error.stack : String(error)}`
}
