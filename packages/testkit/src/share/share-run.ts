/**
 * One run of a share group on one partition: members that are slow, forget and break off, a broker that ends and starts again. When all trouble
 * is over every record must be final, by somebody's decision or by the limit of deliveries, and no two members were told that it
 * is theirs. Everything follows from the seed.
 */
import { loadRe2 } from '@ottla/broker'
import type { LogLine } from '@ottla/env'
import {
  BatchBuilder,
  batchesIn,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
  ProduceRequest,
  ProduceResponse,
  readRecords,
} from '@ottla/protocol'
import { Simulation } from '@ottla/sim'
import { Prng } from '@ottla/stdx'
import { SimBroker } from '../crash/sim-broker.ts'
import { ModelAdmin } from '../model/model-admin.ts'
import { ModelClient } from '../model/model-client.ts'
import { ModelShareMember } from '../model/model-share-member.ts'
import type { ModelTopic } from '../model/model-topic.ts'
import { expectNoError, retry, sleep, Violation } from '../model/retry.ts'
import { ShareHistory } from '../model/share-history.ts'

export interface ShareRunOptions {
  readonly seed: string
  readonly members: number
  /** Ends of the broker's process. */
  readonly crashes: number
  readonly onLogLine?: (host: string, line: LogLine) => void
  readonly keepTrace?: boolean
}

export interface ShareRunResult {
  readonly records: number
  readonly deliveries: number
  /** Records that came again after a lock that somebody may have counted on. */
  readonly expirations: number
  readonly decided: number
  readonly crashes: number
  readonly deadLetters: number
  readonly traceHash: string
  readonly virtualMs: number
}

const BROKER = { host: 'broker', port: 9092 }
const GROUP = 'workers'
const DEAD_LETTER_TOPIC = 'dlq.workers'
const LOCK_MS = 1000
const REQUEST_TIMEOUT_MS = 10_000
const GIVE_UP_AFTER_MS = 120_000
const LIVENESS_MS = 300_000
const RESTART_MS = 100
const GROUP_RESOURCE = 32
const ALTER_CONFIGS = { request: IncrementalAlterConfigsRequest, response: IncrementalAlterConfigsResponse }
const PRODUCE = { request: ProduceRequest, response: ProduceResponse }
const FIRST_VERSION_WITH_IDS = 13

/** Rejects with SimulationError, whose cause is a Violation when the broker did what it must not. */
export async function shareRun(options: ShareRunOptions): Promise<ShareRunResult> {
  // Modules come in real time, in which days of virtual time pass.
  await loadRe2()
  const { seed, onLogLine, keepTrace = false } = options
  const logging = onLogLine === undefined ? {} : { onLogLine, logLevel: 'debug' as const }
  const simulation = new Simulation({ seed, keepTrace, maxEvents: 5_000_000, ...logging })
  const run = new ShareRun(simulation, options)
  await simulation.run(() => run.main())
  return run.result()
}

class ShareRun {
  readonly #simulation: Simulation
  readonly #options: ShareRunOptions
  readonly #random: Prng
  readonly #broker: SimBroker
  readonly #history: ShareHistory
  readonly #limits: { readonly deliveryCountLimit: number; readonly lockDurationMs: number }
  readonly #isDeadLettered: boolean
  readonly #members: ModelShareMember[] = []
  readonly #records: number
  #trouble = 0.5
  #deadLetters = 0
  #fail: (error: Error) => void = () => {}

  constructor(simulation: Simulation, options: ShareRunOptions) {
    this.#simulation = simulation
    this.#options = options
    this.#random = new Prng(`${simulation.seed}/share`)
    this.#limits = { deliveryCountLimit: this.#random.between(2, 10), lockDurationMs: LOCK_MS }
    this.#isDeadLettered = this.#random.chance(0.5)
    this.#records = this.#random.between(50, 400)
    this.#history = new ShareHistory(this.#limits)
    this.#broker = new SimBroker({
      simulation,
      host: BROKER.host,
      settings: {
        listeners: 'PLAINTEXT://:9092',
        'log.dirs': '/data',
        'offsets.topic.num.partitions': '1',
        'share.coordinator.state.topic.num.partitions': '2',
        'share.coordinator.snapshot.update.records.per.snapshot': this.#random.pick(['0', '5', '500']),
        // Who breaks off comes back as another member, before the one it was is forgotten.
        'group.share.max.size': '1000',
        'group.share.min.record.lock.duration.ms': '1000',
        'group.share.partition.max.record.locks': this.#random.pick(['100', '2000']),
        'errors.deadletterqueue.auto.create.topics.enable': 'true',
        'ottla.tail.budget.bytes': this.#random.pick(['0', '2000', '134217728']),
        'ottla.durability': 'fsync',
      },
      random: this.#random,
      tellsBoot: true,
      onFatal: (error) => this.#fail(error),
    })
    const { disk } = this.#broker.host
    disk.latency = {
      ...disk.latency,
      sync: this.#random.pick([
        [0.3, 5],
        [5, 60],
        [20, 300],
      ] as const),
    }
  }

  async main(): Promise<void> {
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject
    })
    failed.catch(() => {})
    await Promise.race([failed, this.#story()])
  }

  result(): ShareRunResult {
    const { deliveries, expirations, finals } = this.#history
    return {
      records: this.#records,
      deliveries,
      expirations,
      decided: finals,
      crashes: this.#options.crashes,
      deadLetters: this.#deadLetters,
      traceHash: this.#simulation.trace.hash,
      virtualMs: this.#simulation.now,
    }
  }

  async #story(): Promise<void> {
    await this.#start()
    const topic = await new ModelAdmin(this.#client('admin'), GIVE_UP_AFTER_MS).create({
      name: 'jobs',
      partitions: 1,
      configs: {},
    })
    await this.#configure()
    const work = Array.from({ length: this.#options.members }, (_, at) => this.#join(`m${at}`, topic))
    const produced = this.#produce(topic)
    for (let crash = 0; crash < this.#options.crashes; crash++) {
      await sleep(this.#simulation.env('clients'), this.#random.between(100, 4000))
      await this.#crash()
    }
    await produced
    this.#trouble = 0
    await this.#drained()
    for (const member of this.#members) member.stop()
    await Promise.all(work)
    this.#history.checkEnd(this.#end())
    if (this.#isDeadLettered) await this.#checkDeadLetters()
    await this.#broker.stop()
  }

  async #start(): Promise<void> {
    const outcome = await this.#broker.start()
    if (outcome.kind === 'failed') throw new Violation('the broker does not start', { cause: outcome.error })
  }

  async #crash(): Promise<void> {
    this.#broker.crash(this.#random.pick(['process', 'power']))
    this.#history.crashed()
    await sleep(this.#simulation.env('clients'), RESTART_MS)
    await this.#start()
  }

  #join(name: string, topic: ModelTopic): Promise<void> {
    const member = new ModelShareMember({
      client: this.#client(name),
      name,
      groupId: GROUP,
      topic,
      history: this.#history,
      lockDurationMs: LOCK_MS,
      trouble: () => this.#trouble,
      giveUpAfterMs: GIVE_UP_AFTER_MS,
    })
    this.#members.push(member)
    const run = member.run()
    run.catch((error: Error) => this.#fail(error))
    return run
  }

  async #configure(): Promise<void> {
    const client = this.#client('configurer')
    const settings = {
      'share.auto.offset.reset': 'earliest',
      'share.record.lock.duration.ms': String(LOCK_MS),
      'share.delivery.count.limit': String(this.#limits.deliveryCountLimit),
      ...(this.#isDeadLettered ? { 'errors.deadletterqueue.topic.name': DEAD_LETTER_TOPIC } : {}),
    }
    const configs = Object.entries(settings).map(([name, value]) => ({ name, value, configOperation: 0 }))
    const resources = [{ resourceType: GROUP_RESOURCE, resourceName: GROUP, configs }]
    await retry({ env: client.env, what: 'settings of the group', giveUpAfterMs: GIVE_UP_AFTER_MS }, async () => {
      const answer = await client.call(ALTER_CONFIGS, () => ({ resources, validateOnly: false }))
      expectNoError(answer.responses[0]!.errorCode, 'IncrementalAlterConfigs', answer.responses[0]!.errorMessage)
    })
  }

  /** At least so many records; an attempt of unknown outcome is repeated. */
  async #produce(topic: ModelTopic): Promise<void> {
    const client = this.#client('producer')
    for (let sent = 0; sent < this.#records; ) {
      const count = this.#random.between(1, 12)
      await retry({ env: client.env, what: 'the producer', giveUpAfterMs: GIVE_UP_AFTER_MS }, async () => {
        const answer = await client.call(PRODUCE, (version) => ({
          acks: -1,
          timeoutMs: 5000,
          topicData: [
            {
              ...(version >= FIRST_VERSION_WITH_IDS ? { topicId: topic.id } : { name: topic.name }),
              partitionData: [{ index: 0, records: batchOf(count) }],
            },
          ],
        }))
        expectNoError(answer.responses[0]!.partitionResponses[0]!.errorCode, 'Produce')
      })
      sent += count
      await sleep(client.env, this.#random.float() * 100)
    }
  }

  /** Resolves when the share coordinator has it that all records are final. */
  async #drained(): Promise<void> {
    const drained = this.#simulation.until(
      () => {
        const leaders = [...(this.#broker.running?.broker.shares.leaders() ?? [])]
        return leaders.length === 1 && leaders[0]!.state?.startOffset === this.#end()
      },
      { timeoutMs: LIVENESS_MS, what: 'the end of all records' },
    )
    await drained
  }

  async #checkDeadLetters(): Promise<void> {
    const offsets = new Set<number>()
    const { replica } = this.#broker.running!.broker.replicas.find(DEAD_LETTER_TOPIC, 0)
    const upTo = replica?.highWatermark ?? 0
    for (let at = 0; at < upTo; ) {
      const read = await replica!.log.read(at, { maxBytes: 1 << 20, upTo, minOneBatch: true })
      if (read.kind !== 'records') throw new Violation('dead letters cannot be read')
      const bytes = Buffer.concat(read.buffers)
      for (const position of batchesIn(bytes)) {
        for (const { headers } of readRecords(bytes, position)) {
          const header = headers.find(({ key }) => key === '__dlq.errors.offset')
          offsets.add(Number(header!.value!.toString()))
          this.#deadLetters++
        }
      }
      at = read.nextOffset
      read.release()
    }
    this.#history.checkDeadLetters(offsets)
  }

  #end(): number {
    return this.#broker.running!.broker.replicas.find('jobs', 0).replica!.highWatermark
  }

  #client(clientId: string): ModelClient {
    return new ModelClient({
      env: this.#simulation.env('clients'),
      address: BROKER,
      random: new Prng(`${this.#simulation.seed}/${clientId}`),
      clientId,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      onFault: (error) => this.#fail(error),
    })
  }
}

function batchOf(count: number): Buffer {
  const builder = new BatchBuilder({ timestamp: 1 })
  for (let at = 0; at < count; at++) builder.append({ value: `job ${at}` })
  return builder.build()
}
