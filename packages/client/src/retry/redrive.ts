/**
 * Sends dead letters back to where they came from: from where the last redrive of the group ended to the end as it was at the beginning. Each batch of records and the
 * offsets after it are one transaction, so a redrive that broke off goes on where it stopped, without a loss and without a record twice, and a second one
 * under the same group ends the first.
 */
import type { Cluster } from '../cluster/cluster.ts'
import { listOffsets, OffsetMark } from '../cluster/list-offsets.ts'
import { Consumer } from '../consumer/consumer.ts'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import { ArgumentError, KafkaError } from '../errors.ts'
import type { ProducerRecord } from '../producer/producer-record.ts'
import { TransactionalProducer } from '../producer/transaction/transactional-producer.ts'
import { partitionKey, type TopicPartition } from '../topic-partition.ts'
import { originOf, redrivenHeaders } from './failure-headers.ts'

export interface RedriveOptions {
  /** The dead-letter topic. */
  readonly from: string
  /** Default: the topic that each record names as its origin. */
  readonly to?: string
  /** Keeps the place up to which the topic was redriven. Default: `<from>-redrive`. */
  readonly groupId?: string
  /** Where to begin: where the group stands (the default), or at the first record that is left. */
  readonly begin?: 'committed' | 'earliest'
  /** Records for which it is false stay where they are, and this group passes them by. */
  readonly filter?: (record: ConsumerRecord) => boolean
  /** Most records to send. Default: no bound. */
  readonly limit?: number
  /** Sends and commits nothing, and only says what it would do. */
  readonly dryRun?: boolean
  /** Called for each record that is sent, or would be. */
  readonly onRecord?: (record: ConsumerRecord, to: string) => void
  /** Ends the redrive between two batches; what was sent until then counts. */
  readonly signal?: AbortSignal
}

export interface RedriveResult {
  /** Records that were sent, or would be. */
  readonly redriven: number
  /** Records that the filter passed by. */
  readonly passedBy: number
  /** The end was reached; false after the limit or the signal. */
  readonly isComplete: boolean
}

interface Progress {
  redriven: number
  passedBy: number
}

const BATCH_RECORDS = 500
const POLL_MS = 500

/** Use `kafka.redrive()`. Rejects with ArgumentError for a record that does not say where it is from (with no `to` given), BrokerError, TimeoutError. */
export async function redrive(cluster: Cluster, options: RedriveOptions): Promise<RedriveResult> {
  const { from, groupId = `${from}-redrive`, dryRun = false, begin = 'committed', limit } = options
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) throw new ArgumentError('limit is at least 1')
  if (options.to === from) throw new ArgumentError('a redrive to its own topic would have no end')
  const consumer = new Consumer(cluster, {
    groupId,
    autoCommit: false,
    autoOffsetReset: 'earliest',
    isolationLevel: 'read_committed',
    maxPollRecords: BATCH_RECORDS,
    allowAutoCreateTopics: false,
  })
  const producer = dryRun ? null : new TransactionalProducer(cluster, { transactionalId: groupId })
  try {
    // Whoever drives under this group until now is fenced before the offsets are read: what it still had to commit is refused.
    await producer?.transaction(async () => {})
    const ends = await endsOf(cluster, from)
    consumer.assign(
      [...ends.values()].map(({ topic, partition }) => ({
        topic,
        partition,
        ...(begin === 'earliest' ? { from: begin } : {}),
      })),
    )
    return await drive({ consumer, producer, ends, options })
  } finally {
    await producer?.close()
    await consumer.close()
  }
}

async function drive(parts: {
  readonly consumer: Consumer
  readonly producer: TransactionalProducer | null
  readonly ends: Ends
  readonly options: RedriveOptions
}): Promise<RedriveResult> {
  const { consumer, producer, ends, options } = parts
  const { limit = Number.POSITIVE_INFINITY, signal } = options
  const progress: Progress = { redriven: 0, passedBy: 0 }
  while (!signal?.aborted && progress.redriven < limit) {
    if (await isAtEnd(consumer, ends)) return { ...progress, isComplete: true }
    const polled = await consumer.poll({ timeoutMs: POLL_MS, maxRecords: BATCH_RECORDS })
    const { records, offsets, isCut } = chosen(polled, { ends, options, progress, limit })
    if (offsets.size === 0) continue
    const committed = [...offsets.values()]
    await producer?.transaction(async (transaction) => {
      for (const record of records) void transaction.send(record).catch(() => {})
      await transaction.sendOffsets(consumer, committed)
    })
    if (isCut) return { ...progress, isComplete: false }
  }
  return { ...progress, isComplete: await isAtEnd(consumer, ends) }
}

type Ends = ReadonlyMap<string, TopicPartition & { readonly end: number }>

interface Choice {
  readonly records: ProducerRecord[]
  /** After the last record that was looked at, by partition. */
  readonly offsets: Map<string, TopicPartition & { readonly offset: number }>
  /** The limit left some of them. */
  isCut: boolean
}

/** What is to be sent of these records, up to the ends and the limit. */
function chosen(
  polled: readonly ConsumerRecord[],
  parts: {
    readonly ends: Ends
    readonly options: RedriveOptions
    readonly progress: Progress
    readonly limit: number
  },
): Choice {
  const { ends, options, progress, limit } = parts
  const choice: Choice = { records: [], offsets: new Map(), isCut: false }
  for (const record of polled) {
    const { topic, partition, offset } = record
    const key = partitionKey(topic, partition)
    if (offset >= ends.get(key)!.end) continue
    if (progress.redriven >= limit) {
      choice.isCut = true
      continue
    }
    if (options.filter?.(record) === false) progress.passedBy += 1
    else {
      const redriven = redrivenRecord(record, options.to)
      progress.redriven += 1
      choice.records.push(redriven)
      options.onRecord?.(record, redriven.topic as string)
    }
    choice.offsets.set(key, { topic, partition, offset: offset + 1 })
  }
  return choice
}

function redrivenRecord({ topic, partition, offset, key, value, headers }: ConsumerRecord, to?: string) {
  const origin = originOf(headers)
  const target = to ?? origin?.topic
  if (target === undefined)
    throw new ArgumentError(`record ${offset} of ${topic}-${partition} does not say where it is from: name a topic`, {
      topic,
      partition,
    })
  // Where it was chosen by something else than the key, it must be chosen so again.
  const isOrigin = origin !== null && origin.partition !== null && origin.topic === target
  return {
    topic: target,
    key,
    value,
    headers: redrivenHeaders(headers),
    ...(isOrigin ? { partition: origin.partition as number } : {}),
  }
}

async function endsOf(cluster: Cluster, topic: string): Promise<Ends> {
  const { partitions } = await cluster.metadata.loadTopic(topic, cluster.context({}))
  const queries = partitions.map(({ partition }) => ({ topic, partition, timestamp: OffsetMark.latest }))
  const found = await listOffsets(cluster, queries, { ...cluster.context({}), isReadCommitted: true })
  return new Map(
    [...found].map(([key, result]) => {
      if (result instanceof KafkaError) throw result
      return [key, { topic, partition: result.partition, end: result.offset }]
    }),
  )
}

async function isAtEnd(consumer: Consumer, ends: Ends): Promise<boolean> {
  for (const partition of ends.values()) {
    if (partition.end === 0) continue
    if ((await consumer.position(partition)) < partition.end) return false
  }
  return true
}
