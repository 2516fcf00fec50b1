/** `ottla consume` and `ottla tail`: reads topics, by itself or as a member of a group, and prints what is wanted. */
import {
  type Consumer,
  type ConsumerOptions,
  type ConsumerRecord,
  partitionKey,
  type TopicPartition,
} from '@ottla/client'
import { consumerOptions, type Properties } from '../../shared/client-properties.ts'
import type { Invocation } from '../command.ts'
import type { Arguments } from '../parse-arguments.ts'
import type { Progress } from '../screen/progress.ts'
import type { Session } from '../session.ts'
import { describeNamed, globPattern } from '../topic/topic-facts.ts'
import { Failure, UsageProblem } from '../usage-problem.ts'
import { type PlannedPartition, planReading, type ReadingBounds, readingBounds } from './reading-plan.ts'
import { recordFilter } from './record-filter.ts'
import type { FormatRecord } from './record-format.ts'
import { recordPrinter } from './record-printer.ts'
import type { Condition } from './where.ts'

/** How often positions are looked at where reading has an end: markers of transactions move them without a record. */
const BOUNDED_POLL_MS = 100
const ENDLESS_POLL_MS = 30_000
const POLL_RECORDS = 2000

export async function run(invocation: Invocation): Promise<void> {
  const { args, io } = invocation
  const group = args.value('group')
  const bounds = readingBounds(args, io.env.clock.now(), { kind: group === undefined ? 'beginning' : 'stored' })
  if (bounds.start.kind === 'stored' && group === undefined) throw new UsageProblem('--offset stored needs --group')
  const reader = new Reader(invocation, bounds)
  if (group === undefined) await reader.readAlone()
  else await reader.readAs(group)
}

/** `ottla tail`: the last records of all partitions together, in order of time, then what comes. */
export async function runTail(invocation: Invocation): Promise<void> {
  const count = invocation.args.integer('lines') ?? 10
  const reader = new Reader(invocation, { start: { kind: 'last', count }, untilMs: null, endsAtEnd: false })
  await reader.tail(count)
}

class Reader {
  readonly #invocation: Invocation
  readonly #args: Arguments
  readonly #bounds: ReadingBounds
  readonly #filter: Condition | null
  readonly #format: FormatRecord
  readonly #progress: Progress
  #left: number
  #seen = 0

  constructor(invocation: Invocation, bounds: ReadingBounds) {
    const { args, screen } = invocation
    this.#invocation = invocation
    this.#args = args
    this.#bounds = bounds
    this.#filter = recordFilter(args)
    const names = args.arguments('TOPIC')
    const isTerminal = screen.columns !== undefined
    const showsTopic = names.length > 1 || names.some((name) => name.includes('*'))
    this.#format = recordPrinter(args, { style: screen.style, isTerminal, isJson: screen.isJson, showsTopic })
    this.#left = args.integer('count', 1) ?? Number.POSITIVE_INFINITY
    // On the terminal that shows the records a bar would be in their way.
    this.#progress = (isTerminal ? null : screen.progress({ label: 'reading', unit: 'records' })) ?? {
      update() {},
      end() {},
    }
  }

  async readAlone(): Promise<void> {
    const session = await this.#invocation.open()
    const partitions = await this.#partitions(session)
    const plan = await this.#plan(session, partitions, this.#bounds)
    await using consumer = session.kafka.consumer(this.#options(session.properties))
    await this.#follow(consumer, plan, (record) => this.#print(record))
  }

  async tail(count: number): Promise<void> {
    const session = await this.#invocation.open()
    const partitions = await this.#partitions(session)
    const plan = await this.#plan(session, partitions, { ...this.#bounds, endsAtEnd: true })
    await using consumer = session.kafka.consumer(this.#options(session.properties))
    const last: ConsumerRecord[] = []
    await this.#follow(consumer, plan, (record) => last.push(record))
    last.sort((a, b) => a.timestamp - b.timestamp || a.offset - b.offset)
    for (const record of last.slice(-count)) this.#print(record)
    await this.#invocation.io.stdout.drained()
    if (this.#args.has('exit')) return
    const onwards = plan.map(({ until, ...partition }) => ({ ...partition, from: until!, until: null }))
    await this.#follow(consumer, onwards, (record) => this.#print(record))
  }

  async readAs(groupId: string): Promise<void> {
    if (this.#args.has('partition'))
      throw new UsageProblem('--partition and --group exclude each other: the group shares out partitions')
    const session = await this.#invocation.open()
    const names = await this.#topics(session)
    const { start } = this.#bounds
    if (start.kind !== 'stored' && start.kind !== 'beginning' && start.kind !== 'end') {
      throw new UsageProblem('--group goes on where it stands; `ottla group reset` moves it')
    }
    const autoOffsetReset = start.kind === 'end' ? 'latest' : 'earliest'
    await using consumer = session.kafka.consumer({ ...this.#options(session.properties), groupId, autoOffsetReset })
    consumer.subscribe(names)
    for (;;) {
      const records = await this.#poll(consumer, this.#bounds.endsAtEnd ? BOUNDED_POLL_MS : ENDLESS_POLL_MS)
      if (this.#take(records, (record) => this.#print(record)) === 'enough') break
      await this.#invocation.io.stdout.drained()
      const lag = consumer.lag()
      const isAtEnd =
        lag.length > 0 &&
        lag.every(({ position, endOffset }) => position !== null && endOffset >= 0 && position >= endOffset)
      if (this.#bounds.endsAtEnd && records.length === 0 && isAtEnd) break
    }
    this.#progress.end()
  }

  /** Until all bounds are reached, or enough was printed. */
  async #follow(
    consumer: Consumer,
    plan: readonly PlannedPartition[],
    take: (record: ConsumerRecord) => void,
  ): Promise<void> {
    const wanted = plan.filter(({ from, until }) => until === null || from < until)
    if (wanted.length === 0) return
    const open = new Map(
      wanted.flatMap(({ topic, partition, until }) =>
        until === null ? [] : [[partitionKey(topic, partition), until]],
      ),
    )
    const bounds = new Map(open)
    const isBounded = open.size === wanted.length
    consumer.assign(wanted.map(({ topic, partition, from }) => ({ topic, partition, from })))
    while (!isBounded || open.size > 0) {
      const records = await this.#poll(consumer, open.size > 0 ? BOUNDED_POLL_MS : ENDLESS_POLL_MS)
      const within = records.filter(
        ({ topic, partition, offset }) =>
          offset < (bounds.get(partitionKey(topic, partition)) ?? Number.POSITIVE_INFINITY),
      )
      if (this.#take(within, take) === 'enough') break
      if (open.size > 0) this.#closeReached(consumer, open)
      await this.#invocation.io.stdout.drained()
    }
    this.#progress.end()
  }

  #closeReached(consumer: Consumer, open: Map<string, number>): void {
    for (const { topic, partition, position } of consumer.lag()) {
      const key = partitionKey(topic, partition)
      const until = open.get(key)
      if (until === undefined || position === null || position < until) continue
      open.delete(key)
      consumer.pause([{ topic, partition }])
    }
  }

  #poll(consumer: Consumer, timeoutMs: number): Promise<ConsumerRecord[]> {
    return consumer.poll({ timeoutMs, maxRecords: POLL_RECORDS, signal: this.#invocation.io.signal })
  }

  #take(records: readonly ConsumerRecord[], take: (record: ConsumerRecord) => void): 'enough' | 'more' {
    for (const record of records) {
      this.#seen += 1
      if (this.#filter !== null && !this.#filter(record)) continue
      take(record)
      this.#left -= 1
      if (this.#left <= 0) return 'enough'
    }
    this.#progress.update(this.#seen)
    return 'more'
  }

  #print(record: ConsumerRecord): void {
    this.#invocation.io.stdout.write(this.#format(record))
  }

  get #isCommitted(): boolean {
    return this.#args.has('committed')
  }

  #options(properties: Properties): ConsumerOptions {
    const { groupProtocol, ...options } = consumerOptions(properties)
    return {
      maxPollRecords: POLL_RECORDS,
      ...options,
      ...(properties.has('group.protocol') ? { groupProtocol: groupProtocol! } : {}),
      allowAutoCreateTopics: false,
      ...(this.#isCommitted ? { isolationLevel: 'read_committed' as const } : {}),
    }
  }

  async #topics({ admin }: Session): Promise<string[]> {
    const names = this.#args.arguments('TOPIC')
    if (!names.some((name) => name.includes('*'))) {
      await describeNamed(admin, names)
      return [...names]
    }
    const all = (await admin.listTopics()).filter(({ isInternal }) => !isInternal).map(({ name }) => name)
    const patterns = names.map(globPattern)
    const found = all.filter((name) => patterns.some((pattern) => pattern.test(name)))
    if (found.length === 0) throw new Failure(`no topic matches ${names.join(' ')}`)
    return found
  }

  async #plan(
    { admin }: Session,
    partitions: readonly TopicPartition[],
    bounds: ReadingBounds,
  ): Promise<PlannedPartition[]> {
    const plan = await planReading(admin, partitions, { ...bounds, isCommitted: this.#isCommitted })
    const known = new Set(plan.map(({ topic, partition }) => partitionKey(topic, partition)))
    const missing = partitions
      .map(({ topic, partition }) => partitionKey(topic, partition))
      .filter((key) => !known.has(key))
    if (missing.length > 0)
      this.#invocation.screen.warn(`left out, since they have no leader now: ${missing.join(', ')}`)
    return plan
  }

  async #partitions(session: Session): Promise<TopicPartition[]> {
    const described = await describeNamed(session.admin, await this.#topics(session))
    const chosen = new Set(this.#args.values('partition').flatMap((text) => text.split(',').map(Number)))
    const all = described.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ partition }) => ({ topic, partition })),
    )
    for (const partition of chosen) {
      if (!all.some((each) => each.partition === partition))
        throw new Failure(`there is no partition ${partition}`, {
          hint: `There are ${all.length}: 0 to ${all.length - 1}.`,
        })
    }
    return chosen.size === 0 ? all : all.filter(({ partition }) => chosen.has(partition))
  }
}
