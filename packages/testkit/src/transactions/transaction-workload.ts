/** The clients of a run of transactions: producers, readers of what is committed while it happens, and one who checks. */
import { ErrorCode, OffsetFetchRequest, OffsetFetchResponse } from '@ottla/protocol'
import type { Simulation } from '@ottla/sim'
import { Prng } from '@ottla/stdx'
import type { CrashPlan } from '../crash/crash-plan.ts'
import type { CrashWorkload } from '../crash/crash-run.ts'
import { ModelAdmin } from '../model/model-admin.ts'
import { ModelClient } from '../model/model-client.ts'
import type { ModelPartition } from '../model/model-topic.ts'
import { retry, sleep, TryAgain, Violation } from '../model/retry.ts'
import { fetchCommitted } from './committed-reader.ts'
import { keyOf, ModelTransactions } from './model-transactions.ts'
import { TransactionHistory } from './transaction-history.ts'

export interface TransactionCounts {
  readonly committed: number
  readonly aborted: number
  readonly unknown: number
  readonly zombies: number
  readonly readWhileRunning: number
  readonly checks: number
}

const OFFSET_FETCH = { request: OffsetFetchRequest, response: OffsetFetchResponse }
const BROKER = { host: 'broker', port: 9092 }
const CLIENT_HOST = 'clients'
const REQUEST_TIMEOUT_MS = 3000
const GIVE_UP_AFTER_MS = 60_000

export class TransactionWorkload implements CrashWorkload<TransactionCounts> {
  readonly #simulation: Simulation
  readonly #plan: CrashPlan
  readonly #onFault: (error: Error) => void
  readonly #history = new TransactionHistory()
  readonly #producers: ModelTransactions[] = []
  readonly #targets: ModelPartition[] = []
  /** What readers saw while the producers were at work, by partition. */
  readonly #read = new Map<string, string[]>()
  readonly #checker: ModelClient
  #clients = 0
  #checks = 0
  #isDone = false
  /** Readers have come to the end. */
  #isRead = false

  constructor(simulation: Simulation, plan: CrashPlan, onFault: (error: Error) => void) {
    this.#simulation = simulation
    this.#plan = plan
    this.#onFault = onFault
    this.#checker = this.#client('checker')
  }

  get isDone(): boolean {
    return this.#isDone
  }

  async run(): Promise<void> {
    const random = new Prng(`${this.#simulation.seed}/transactions`)
    const admin = new ModelAdmin(this.#client('admin'), GIVE_UP_AFTER_MS)
    for (const planned of this.#plan.topics) {
      const topic = await admin.create(planned)
      for (let partition = 0; partition < topic.partitions; partition++) this.#targets.push({ topic, partition })
    }
    for (let at = random.between(1, 3); at > 0; at--) {
      const producer = new ModelTransactions({
        client: this.#client(`p${at}`),
        name: `p${at}`,
        targets: this.#targets,
        history: this.#history,
        transactions: random.between(5, 25),
        protocol: random.pick([1, 2, 2] as const),
        transactionTimeoutMs: random.pick([2_000, 10_000, 60_000]),
        pauseMs: random.pick([0, 5, 50]),
        giveUpAfterMs: GIVE_UP_AFTER_MS,
      })
      this.#producers.push(producer)
    }
    const jobs = this.#producers.map((producer) => producer.run())
    const readers = this.#targets.map((target) => this.#follow(target))
    for (const job of [...jobs, ...readers]) job.catch(this.#onFault)
    await Promise.all(jobs)
    this.#isDone = true
    await Promise.all(readers)
    this.#isRead = true
  }

  /** Only when all is done can it be said what must be visible. */
  async check(): Promise<void> {
    this.#checks++
    if (!this.#isRead) return
    const seen = new Map<string, string[]>()
    for (const target of this.#targets) seen.set(keyOf(target), await this.#scan(target))
    const offsets = new Map<string, number>()
    for (const producer of this.#producers) offsets.set(producer.name, await this.#offsetOf(producer))
    this.#history.check(seen, offsets)
    for (const [partition, values] of this.#read) {
      const [before, now] = [values.join(' '), (seen.get(partition) ?? []).join(' ')]
      if (before !== now) throw new Violation(`${partition} was read as ${before}, and is now ${now}`)
    }
  }

  counts(): TransactionCounts {
    const sum = (pick: (producer: ModelTransactions) => number): number =>
      this.#producers.reduce((total, producer) => total + pick(producer), 0)
    return {
      committed: sum(({ committed }) => committed),
      aborted: sum(({ aborted }) => aborted),
      unknown: sum(({ unknown }) => unknown),
      zombies: sum(({ zombies }) => zombies),
      readWhileRunning: [...this.#read.values()].reduce((total, { length }) => total + length, 0),
      checks: this.#checks,
    }
  }

  /** To the end, which the last stable offset reaches when no transaction is open: those that were left are aborted by their timeout. */
  async #scan(target: ModelPartition): Promise<string[]> {
    const values: string[] = []
    let offset = 0
    await this.#retry(`the last stable offset of ${keyOf(target)}`, async () => {
      for (;;) {
        const maxBytes = this.#checker.random.pick([1, 300, 5000, 1 << 20])
        const read = await fetchCommitted(this.#checker, target, { offset, maxWaitMs: 100, maxBytes })
        values.push(...read.values)
        const isStuck = read.nextOffset === offset
        offset = read.nextOffset
        if (offset === read.highWatermark) return
        if (isStuck) throw new TryAgain(`it stays at ${read.lastStableOffset} of ${read.highWatermark}`)
      }
    })
    return values
  }

  async #follow(target: ModelPartition): Promise<void> {
    const client = this.#client(`reader-${keyOf(target)}`)
    const values: string[] = []
    this.#read.set(keyOf(target), values)
    let offset = 0
    for (;;) {
      const isLast = this.#isDone
      const read = await retry({ env: client.env, what: 'a reader', giveUpAfterMs: GIVE_UP_AFTER_MS }, () =>
        fetchCommitted(client, target, { offset, maxWaitMs: 50, maxBytes: 10_000 }),
      )
      values.push(...read.values)
      offset = read.nextOffset
      if (isLast && offset === read.highWatermark) return
      await sleep(client.env, client.random.float() * 20)
    }
  }

  async #offsetOf({ groupId }: ModelTransactions): Promise<number> {
    const { topic, partition } = this.#targets[0]!
    return this.#retry(`the offset of ${groupId}`, async () => {
      const connection = await this.#checker.connection()
      const topics = [{ name: topic.name, partitionIndexes: [partition] }]
      const answer = await connection.request(OFFSET_FETCH, 8, { requireStable: true, groups: [{ groupId, topics }] })
      const group = answer.groups[0]!
      const found = group.topics[0]?.partitions[0]
      const code = group.errorCode === ErrorCode.NONE ? found!.errorCode : group.errorCode
      if (code !== ErrorCode.NONE) throw new TryAgain(`OffsetFetch: ${code}`)
      return found!.committedOffset
    })
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
    return retry({ env: this.#checker.env, what, giveUpAfterMs: GIVE_UP_AFTER_MS * 2 }, attempt)
  }
}
