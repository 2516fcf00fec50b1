/**
 * Scripts for the transaction coordinator: commands in, the whole trace out.
 *
 *     == a case begins with nothing
 *     > init T p
 *     append: T Empty 1:0                     a record that was written: state, producer id and epoch, …
 *     p: init 1:0                             an answer, whoever asked
 *     markers T commit 1:1 to t-0 by 1 v2     markers that are to be written, by the coordinator of an epoch
 *     timer complete T in 100                 a timer that was set; those that come round for ever are left out
 *
 * Producers are known by name, and remember the id and epoch that they were told; `id=` and `epoch=` send others, as a delayed request does.
 *
 *     init T p [again] [timeout=MS] [v=N] [2pc] [keep]    `again`: goes on from its id and epoch
 *     add T p t-0 … [v=3]   verify T p t-0 …   offsets T p GROUP   commit T p [v=5]   abort T p [v=5]
 *     written T [t-0 | t-0=deleted | t-0=ERROR …] [message=N]   reports on the newest (or Nth) markers; none named: all of them
 *     describe T …   list [states=A,B] [producers=1,2] [longer=MS] [pattern=P]   state T   drop TOPIC …
 *     given T STATUS ID:EPOCH [t-0 …] [v=2] [next=ID] [start=MS ago]   a record that was in the log; the coordinator loads it
 *     ids on|off   advance MS   hold | commit-log | fail (of what is written)   refuse ERROR | accept
 *     unload | load | restart   config key=value …
 */
import {
  AddOffsetsToTxnResponse,
  AddPartitionsToTxnResponse,
  DescribeTransactionsResponse,
  EndTxnResponse,
  ErrorCode,
  InitProducerIdResponse,
  ListTransactionsResponse,
} from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import {
  type Command,
  carryOut,
  fixtureCommands,
  type Handlers,
  runScript as runScriptOf,
  type Script,
  Trace,
} from '../../testing/script.ts'
import { partitionSet } from '../partition-set.ts'
import type { MarkerResult, PartitionsOfTopic, TransactionMarkers } from '../ports.ts'
import type { ProducerIdAndEpoch, TransactionStatus } from '../transaction.ts'
import { encodeTransactionRecord } from '../transaction-record-codec.ts'
import {
  type PrintedProducer,
  printDescription,
  printError,
  printListing,
  printMarkers,
  printProducer,
  printRecord,
  printTransaction,
} from './print.ts'
import { TransactionFixture } from './transaction-fixture.ts'

export class TransactionScript implements Script {
  readonly fixture = new TransactionFixture()
  readonly #producers = new Map<string, ProducerIdAndEpoch>()
  readonly #sent = new Map<string, TransactionMarkers[]>()
  readonly #trace = new Trace()

  async start(): Promise<void> {
    const { fixture } = this
    fixture.log.onAppend = (records) => {
      for (const record of records) this.#trace.push(`append: ${printRecord(record)}`)
    }
    fixture.onMarkers = (markers) => {
      this.#trace.push(printMarkers(markers))
      const { transactionalId } = markers
      this.#sent.set(transactionalId, [...(this.#sent.get(transactionalId) ?? []), markers])
    }
    await fixture.load()
    this.#traceTimers()
    this.#trace.take()
    fixture.lines.length = 0
  }

  /** Runs a command line, and gives what it brought about. */
  async run(line: string): Promise<string[]> {
    await carryOut(line, this.#handlers)
    await this.fixture.turns()
    for (const said of this.fixture.lines.splice(0)) if (!/loaded a partition/.test(said)) this.#trace.push(said)
    this.#traceTimers()
    return this.#trace.take()
  }

  readonly #handlers: Handlers = {
    ...fixtureCommands(this.fixture),
    restart: () => this.#restart(),
    init: (command) => this.#init(command),
    add: (command) => this.#add(command),
    verify: (command) => this.#add(command),
    offsets: (command) => this.#offsets(command),
    commit: (command) => this.#end(command),
    abort: (command) => this.#end(command),
    written: (command) => this.#written(command),
    given: (command) => this.#given(command),
    describe: ({ words }) => {
      const answer = this.fixture.coordinator.describeTransactions({ transactionalIds: words })
      this.#trace.answer('describe', Promise.resolve(answer), printDescription, {
        schema: DescribeTransactionsResponse,
        version: 0,
      })
    },
    list: (command) => this.#list(command),
    drop: ({ words }) => void this.fixture.coordinator.topicsDeleted(words),
    state: ({ words }) => {
      const transaction = this.fixture.partition.shard.transactions.get(words[0] ?? '')
      this.#trace.push(transaction === undefined ? 'no such id' : printTransaction(transaction))
    },
    ids: ({ words }) => {
      this.fixture.givesIds = words[0] === 'on'
    },
    config: ({ options }) => {
      for (const [key, value] of options)
        this.fixture.config = { ...this.fixture.config, [key]: key === 'twoPhaseCommitEnable' ? true : Number(value) }
    },
  }

  /** What was not committed may or may not have survived; here it has. */
  #restart(): Promise<void> {
    this.fixture.commitsAtOnce = true
    return this.fixture.restart()
  }

  #init({ words, options }: Command): void {
    const [transactionalId = '', name = '', ...flags] = words
    const apiVersion = Number(options.get('v') ?? 5)
    const isGiven = flags.includes('again') || options.has('id') || options.has('epoch')
    const request = {
      transactionalId: transactionalId === 'null' ? null : transactionalId,
      transactionTimeoutMs: Number(options.get('timeout') ?? 60_000),
      ...(isGiven ? this.#identity(name, options) : { producerId: -1, producerEpoch: -1 }),
      enable2Pc: flags.includes('2pc'),
      keepPreparedTxn: flags.includes('keep'),
    }
    this.#trace.answer(
      `${name}: init`,
      this.fixture.coordinator.initProducerId(request, { apiVersion }),
      (answer) => this.#remember(name, answer),
      { schema: InitProducerIdResponse, version: apiVersion },
    )
  }

  #add({ name: command, words, options }: Command): void {
    const [transactionalId = '', name = '', ...partitions] = words
    const apiVersion = Number(options.get('v') ?? 5)
    const identity = this.#identity(name, options)
    const topics = topicsIn(partitions).map(({ topic, partitions }) => ({ name: topic, partitions: [...partitions] }))
    const isOld = apiVersion < 4
    const request = {
      transactions: isOld ? [] : [{ transactionalId, ...identity, verifyOnly: command === 'verify', topics }],
      v3AndBelowTransactionalId: isOld ? transactionalId : '',
      v3AndBelowProducerId: isOld ? identity.producerId : -1,
      v3AndBelowProducerEpoch: isOld ? identity.producerEpoch : -1,
      v3AndBelowTopics: isOld ? topics : [],
    }
    this.#trace.answer(
      `${name}: ${command}`,
      this.fixture.coordinator.addPartitionsToTxn(request, { apiVersion }),
      ({ resultsByTransaction = [], resultsByTopicV3AndBelow = [] }) =>
        [...resultsByTopicV3AndBelow, ...resultsByTransaction.flatMap(({ topicResults = [] }) => topicResults)]
          .flatMap(({ name, resultsByPartition = [] }) =>
            resultsByPartition.map(
              ({ partitionIndex, partitionErrorCode }) => `${name}-${partitionIndex} ${printError(partitionErrorCode)}`,
            ),
          )
          .join(', '),
      { schema: AddPartitionsToTxnResponse, version: apiVersion },
    )
  }

  #offsets({ words, options }: Command): void {
    const [transactionalId = '', name = '', groupId = ''] = words
    const apiVersion = Number(options.get('v') ?? 4)
    this.#trace.answer(
      `${name}: offsets`,
      this.fixture.coordinator.addOffsetsToTxn(
        { transactionalId, ...this.#identity(name, options), groupId },
        { apiVersion },
      ),
      ({ errorCode }) => printError(errorCode),
      { schema: AddOffsetsToTxnResponse, version: apiVersion },
    )
  }

  #end({ name: command, words, options }: Command): void {
    const [transactionalId = '', name = ''] = words
    const apiVersion = Number(options.get('v') ?? 5)
    this.#trace.answer(
      `${name}: ${command}`,
      this.fixture.coordinator.endTxn(
        { transactionalId, ...this.#identity(name, options), committed: command === 'commit' },
        { apiVersion },
      ),
      (answer) => (apiVersion < 5 ? printError(answer.errorCode) : this.#remember(name, answer)),
      { schema: EndTxnResponse, version: apiVersion },
    )
  }

  #written({ words, options }: Command): void {
    const [transactionalId = '', ...named] = words
    const messages = this.#sent.get(transactionalId) ?? []
    const markers = messages[Number(options.get('message') ?? messages.length) - 1]
    assert(markers !== undefined, 'markers were sent')
    const failed = [...options].filter(([key]) => key !== 'message').map(([key, value]) => resultOf(key, value))
    const written = [...topicsIn(named)].flatMap(({ topic, partitions }) =>
      partitions.map((partition): MarkerResult => ({ kind: 'written', topic, partition })),
    )
    const all = markers.topics.flatMap(({ topic, partitions }) =>
      partitions.map((partition): MarkerResult => ({ kind: 'written', topic, partition })),
    )
    const results = written.length + failed.length === 0 ? all : [...written, ...failed]
    const { partition, coordinatorEpoch, decidedAt } = markers
    const report = { transactionalId, decidedAt, results }
    void this.fixture.coordinator.markersWritten(partition, coordinatorEpoch, report)
  }

  async #given({ words, options }: Command): Promise<void> {
    const [transactionalId = '', status = '', producer = '', ...partitions] = words
    const [producerId = -1, producerEpoch = -1] = producer.split(':').map(Number)
    const nowMs = this.fixture.time.now()
    const transaction = {
      transactionalId,
      producerId,
      producerEpoch,
      previousProducerId: Number(options.get('previous') ?? -1),
      lastProducerEpoch: -1,
      nextProducerId: Number(options.get('next') ?? -1),
      timeoutMs: Number(options.get('timeout') ?? 60_000),
      status: status as TransactionStatus,
      partitions: partitionSet(topicsIn(partitions)),
      startMs: status === 'Empty' ? -1 : nowMs - Number(options.get('start') ?? 0),
      lastUpdateMs: nowMs,
      clientTransactionVersion: Number(options.get('v') ?? 2),
    }
    const { log } = this.fixture
    const record = { kind: 'transaction', transaction } as const
    log.append([encodeTransactionRecord(record, this.fixture.config.transactionVersion)])
    this.fixture.lastProducerId = Math.max(this.fixture.lastProducerId, producerId, transaction.nextProducerId)
    const producerName = options.get('producer')
    if (producerName !== undefined) this.#producers.set(producerName, { producerId, producerEpoch })
    await this.#restart()
  }

  #list({ options }: Command): void {
    const split = (name: string) => options.get(name)?.split(',') ?? []
    const answer = this.fixture.coordinator.listTransactions({
      stateFilters: split('states'),
      producerIdFilters: split('producers').map(Number),
      durationFilter: Number(options.get('longer') ?? -1),
      transactionalIdPattern: options.get('pattern') ?? null,
    })
    this.#trace.answer('list', Promise.resolve(answer), printListing, { schema: ListTransactionsResponse, version: 2 })
  }

  #remember(name: string, answer: PrintedProducer): string {
    const { errorCode, producerId = -1, producerEpoch = -1 } = answer
    if (errorCode === 0 && producerId !== -1) this.#producers.set(name, { producerId, producerEpoch })
    return printProducer(answer)
  }

  #identity(name: string, options: ReadonlyMap<string, string>): ProducerIdAndEpoch {
    const known = this.#producers.get(name)
    return {
      producerId: Number(options.get('id') ?? known?.producerId ?? -1),
      producerEpoch: Number(options.get('epoch') ?? known?.producerEpoch ?? -1),
    }
  }

  #traceTimers(): void {
    const { coordinator, time } = this.fixture
    const pending = [...(coordinator.inspect('any')?.pendingTimers() ?? [])]
    const told = pending.filter(([key]) => key !== 'scan-timeouts' && key !== 'expire')
    this.#trace.timers(told, time.monotonic(), (key) => key.replace('/', ' '))
  }
}

function topicsIn(words: readonly string[]): PartitionsOfTopic[] {
  return words.map((word) => {
    const { topic, partition } = partitionIn(word)
    return { topic, partitions: [partition] }
  })
}

function partitionIn(word: string): { topic: string; partition: number } {
  const at = word.lastIndexOf('-')
  return { topic: word.slice(0, at), partition: Number(word.slice(at + 1)) }
}

function resultOf(word: string, outcome: string): MarkerResult {
  const partition = partitionIn(word)
  if (outcome === 'deleted') return { kind: 'deleted', ...partition }
  return { kind: 'failed', ...partition, errorCode: ErrorCode[outcome as keyof typeof ErrorCode] }
}

/** Runs a whole script; gives the text as it should be. */
export function runScript(text: string): Promise<string> {
  return runScriptOf(text, () => new TransactionScript())
}
