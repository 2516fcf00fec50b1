/** The clients of a run, each on its own connection, and what they know together. */
import type { Simulation } from '@ottla/sim'
import { Prng } from '@ottla/stdx'
import { History } from '../model/history.ts'
import { ModelAdmin } from '../model/model-admin.ts'
import { ModelClient } from '../model/model-client.ts'
import { ModelMember } from '../model/model-member.ts'
import { deleteRecords } from '../model/model-offsets.ts'
import { ModelProducer } from '../model/model-producer.ts'
import { ModelTail } from '../model/model-tail.ts'
import type { ModelPartition, ModelTopic } from '../model/model-topic.ts'
import { retry, sleep, TryAgain, Violation } from '../model/retry.ts'
import { checkPartition, type Depth } from './check-partition.ts'
import type { CrashPlan, PlannedProducer } from './crash-plan.ts'

export interface WorkloadCounts {
  readonly ackedBatches: number
  readonly resentBatches: number
  /** Produces that were refused with an error that passes. */
  readonly refusals: number
  readonly toldRecords: number
  readonly commits: number
  readonly checks: number
}

const BROKER = { host: 'broker', port: 9092 }
const CLIENT_HOST = 'clients'
const REQUEST_TIMEOUT_MS = 3000
/** Without any progress, broker and all: longer than the longest pause between two lives. */
const GIVE_UP_AFTER_MS = 60_000
const CHURN = {
  batches: 3,
  maxInFlight: 5,
  maxRecordsPerBatch: 3,
  maxBatchBytes: 16_000,
  values: 'small',
  pauseMs: 1,
} as const

export class Workload {
  readonly history: History
  readonly #simulation: Simulation
  readonly #plan: CrashPlan
  readonly #onFault: (error: Error) => void
  readonly #random: Prng
  readonly #admin: ModelAdmin
  /** Asks for what is checked. */
  readonly #checker: ModelClient
  readonly #producers: ModelProducer[] = []
  readonly #members: ModelMember[] = []
  readonly #tails: ModelTail[] = []
  readonly #partitions = new Map<string, ModelPartition>()
  #clients = 0
  #checks = 0
  #isDone = false

  constructor(simulation: Simulation, plan: CrashPlan, onFault: (error: Error) => void) {
    this.#simulation = simulation
    this.#plan = plan
    this.#onFault = onFault
    this.#random = new Prng(`${simulation.seed}/workload`)
    this.history = new History(plan.promised === 'none' ? 'none' : 'kept')
    this.#admin = new ModelAdmin(this.#client('admin'), GIVE_UP_AFTER_MS)
    this.#checker = this.#client('checker')
  }

  /** All that the clients were asked to do is done. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** Resolves when all is done; rejects with Violation. */
  async run(): Promise<void> {
    const topics: ModelTopic[] = []
    const jobs: Promise<void>[] = [this.#churn()]
    for (const planned of this.#plan.topics) {
      const topic = await this.#admin.create(planned)
      topics.push(topic)
      for (let partition = 0; partition < topic.partitions; partition++) this.#watch({ topic, partition })
    }
    this.#plan.producers.forEach((planned, at) => {
      const topic = topics[planned.topic]!
      jobs.push(this.#produce(`p${at}`, planned, { topic, partition: planned.partition }))
    })
    const target = { topic: topics[0]!, partition: 0 }
    for (const kind of ['member', 'simple'] as const) jobs.push(this.#commit(kind, target))
    jobs.push(this.#deleteRecords(target))
    const tails = this.#plan.promised === 'none' ? [] : [this.#follow(target)]
    for (const job of [...jobs, ...tails]) job.catch(this.#onFault)
    await Promise.all(jobs)
    for (const tail of this.#tails) tail.stop()
    await Promise.all(tails)
    this.#isDone = true
  }

  /** Holds everything against what the clients were told. Rejects with Violation. */
  async check(depth: Depth): Promise<void> {
    this.#checks++
    await this.#admin.check()
    if (this.#plan.promised !== 'none') for (const member of this.#members) await member.check()
    for (const [key, partition] of [...this.#partitions]) {
      await this.#retry(`the check of ${partition.topic.name}-${partition.partition}`, async () => {
        // It may be deleted while it is looked at.
        if (this.#partitions.has(key)) await this.#checkOne(key, partition, depth)
      })
    }
  }

  counts(): WorkloadCounts {
    const sum = (counts: number[]): number => counts.reduce((a, b) => a + b, 0)
    return {
      ackedBatches: sum(this.#producers.map(({ ackedBatches }) => ackedBatches)),
      resentBatches: sum(this.#producers.map(({ resentBatches }) => resentBatches)),
      refusals: sum(this.#producers.map(({ refusals }) => refusals)),
      toldRecords: this.history.toldRecords,
      commits: sum(this.#members.map(({ commits }) => commits)),
      checks: this.#checks,
    }
  }

  async #checkOne(key: string, partition: ModelPartition, depth: Depth): Promise<void> {
    const history = this.history.partition(partition.topic.id, partition.partition)
    const { deletions } = history
    try {
      await checkPartition(this.#checker, partition, { history, depth })
    } catch (error) {
      // The log may have begun to start elsewhere in the middle of it.
      const isCut = history.isBeingCut || history.deletions !== deletions
      if (isCut && error instanceof Violation) throw new TryAgain(error.message)
      if (this.#partitions.has(key)) throw error
    }
  }

  #watch(partition: ModelPartition): string {
    const key = `${partition.topic.id}-${partition.partition}`
    this.#partitions.set(key, partition)
    return key
  }

  async #produce(name: string, planned: PlannedProducer, target: ModelPartition): Promise<void> {
    const { isIdempotent, batches, maxInFlight, maxRecordsPerBatch, maxBatchBytes, values, pauseMs } = planned
    const producer = new ModelProducer({
      client: this.#client(name),
      name,
      target,
      history: this.history.partition(target.topic.id, target.partition),
      isIdempotent,
      batches,
      maxInFlight,
      maxRecordsPerBatch,
      maxBatchBytes,
      values,
      pauseMs,
      giveUpAfterMs: GIVE_UP_AFTER_MS,
      bearsLoss: this.#plan.promised === 'none',
      bearsOvertaking: this.#plan.disk.shortWriteRate > 0,
    })
    this.#producers.push(producer)
    await producer.run()
  }

  async #commit(kind: 'member' | 'simple', target: ModelPartition): Promise<void> {
    const member = new ModelMember({
      client: this.#client(`group-${kind}`),
      groupId: `group-${kind}`,
      target,
      commits: this.#plan.commits,
      pauseMs: 20,
      giveUpAfterMs: GIVE_UP_AFTER_MS,
      kind,
      bearsLoss: this.#plan.promised === 'none',
    })
    this.#members.push(member)
    await member.run()
  }

  async #follow(target: ModelPartition): Promise<void> {
    const history = this.history.partition(target.topic.id, target.partition)
    const tail = new ModelTail({ client: this.#client('tail'), target, history, giveUpAfterMs: GIVE_UP_AFTER_MS })
    this.#tails.push(tail)
    await tail.run()
  }

  /** A topic that is made, filled, deleted and made anew under its name. */
  async #churn(): Promise<void> {
    const planned = { ...CHURN, topic: 0, partition: 0 }
    for (let n = 0; n < this.#plan.churn; n++) {
      const topic = await this.#admin.create({ name: 'churn', partitions: 1, configs: {} })
      const target = { topic, partition: 0 }
      const key = this.#watch(target)
      await this.#produce(`churn${n}`, { ...planned, isIdempotent: this.#random.chance(0.5) }, target)
      if (n === this.#plan.churn - 1 && this.#random.chance(0.5)) break
      this.#partitions.delete(key)
      await this.#admin.delete(topic)
    }
  }

  async #deleteRecords(target: ModelPartition): Promise<void> {
    const client = this.#client('deleter')
    const history = this.history.partition(target.topic.id, target.partition)
    for (let n = 0; n < this.#plan.deletions; n++) {
      await sleep(client.env, this.#random.float() * 200)
      const offset = this.#random.below(history.endOffset + 1)
      history.deletedBefore = Math.max(history.deletedBefore, offset)
      history.isBeingCut = true
      await this.#retry('DeleteRecords', () => deleteRecords(client, target, offset))
      history.isBeingCut = false
      history.deletions++
    }
  }

  #client(name: string): ModelClient {
    return new ModelClient({
      env: this.#simulation.env(CLIENT_HOST),
      address: BROKER,
      random: new Prng(`${this.#simulation.seed}/${name}/${this.#clients++}`),
      clientId: name,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      onFault: this.#onFault,
    })
  }

  #retry<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    return retry({ env: this.#checker.env, what, giveUpAfterMs: GIVE_UP_AFTER_MS }, attempt)
  }
}
