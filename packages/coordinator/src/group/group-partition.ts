/** One partition of `__consumer_offsets` in service: a shard, its runtime and its log. */
import { ApiError, ErrorCode } from '@ottla/protocol'
import {
  type Instant,
  type LoadedRecords,
  loadShard,
  type ReplyToken,
  ShardRuntime,
  type Unloadable,
} from '@ottla/runtime'
import type { CoordinatorEnv, PartitionWriter, StoredBatch, StoredBatches } from '../ports.ts'
import { SkippedRecords } from '../skipped-records.ts'
import { appendGroupRecords } from './append-group-records.ts'
import type { GroupPorts } from './group-ports.ts'
import type { GroupRecord } from './group-record.ts'
import { decodeGroupRecord } from './group-record-codec.ts'
import type { Asked } from './group-requests.ts'
import { GroupShard } from './group-shard.ts'
import { OffsetRecordReader } from './offsets/offset-record-reader.ts'
import type { GroupChange, GroupDecision, GroupMessage, GroupTimer } from './turn.ts'

export interface OpenPartition {
  readonly partition: number
  readonly epoch: number
  readonly env: CoordinatorEnv
  readonly ports: GroupPorts
  readonly writer: PartitionWriter
  readonly batches: StoredBatches
  readonly signal: AbortSignal
}

type GroupRuntime = ShardRuntime<GroupShard, GroupRecord, GroupChange, GroupTimer, GroupMessage>

export class GroupPartition implements Unloadable {
  readonly partition: number
  readonly epoch: number
  readonly shard: GroupShard
  readonly #runtime: GroupRuntime

  private constructor({ partition, epoch, env, ports, writer }: OpenPartition, shard: GroupShard, endOffset: number) {
    this.partition = partition
    this.epoch = epoch
    this.shard = shard
    this.#runtime = new ShardRuntime({
      shard,
      registry: shard.registry,
      writer: {
        append: (records) => appendGroupRecords(writer, records, env.clock.now()),
      },
      clock: env.clock,
      timers: env.timers,
      endOffset,
      onMessage: ({ text, fields }) => env.log.info(text, fields),
      onTimerError: (error) => env.log.warn('a timer of the group coordinator waits for the log', { partition, error }),
      commitTimeout: {
        afterMs: ports.config().offsetsCommitTimeoutMs,
        error: () => new ApiError(ErrorCode.REQUEST_TIMED_OUT),
      },
    })
  }

  /** Loads the log and goes into service. Rejects with what reading threw, or the signal's reason. */
  static async open(options: OpenPartition): Promise<GroupPartition> {
    const { partition, env, ports, batches, signal } = options
    const shard = new GroupShard(ports)
    const skipped = new SkippedRecords()
    const source = recordsOf(batches, skipped)
    const loaded = await loadShard({ shard, source, clock: env.clock, timers: env.timers, signal })
    skipped.tell(env.log, 'records of the group coordinator were skipped', partition)
    const { recordCount: records, durationMs } = loaded
    const fields = { partition, epoch: options.epoch, records, groups: shard.groups.size, durationMs }
    env.log.info('group coordinator loaded a partition', fields)
    const opened = new GroupPartition(options, shard, loaded.endOffset)
    opened.#runtime.start()
    return opened
  }

  /** Whether requests are still answered; false once unloaded. */
  get isOpen(): boolean {
    return !this.#runtime.isClosed
  }

  /** Key and due time of each timer, for tests and diagnostics. */
  pendingTimers(): Iterable<[key: string, atMonotonicMs: number]> {
    return this.#runtime.pendingTimers()
  }

  /** Requests that have no answer yet. */
  get waitingCount(): number {
    return this.#runtime.waitingCount
  }

  /** Too much waits for the log: nobody else is served before some of it is written. */
  get isBehind(): boolean {
    return this.#runtime.isBehind
  }

  /** Resolves with what the decision replies. Rejects with ApiError. */
  submit<V>(decide: (asked: Asked) => GroupDecision): Promise<V> {
    return this.#runtime.submit<V>((shard: GroupShard, token: ReplyToken, now: Instant) =>
      decide({ shard, token, now }),
    )
  }

  /** Reads the state as committed. Throws ApiError when unloaded. */
  query<V>(read: (shard: GroupShard, offset: number) => V): V {
    return this.#runtime.query(read)
  }

  committed(offset: number): void {
    this.#runtime.committed(offset)
  }

  failed(error: Error, endOffset: number): void {
    this.#runtime.failed(error, endOffset)
  }

  unload(error: Error): void {
    this.#runtime.unload(error)
  }
}

async function* recordsOf(batches: StoredBatches, skipped: SkippedRecords): AsyncGenerator<LoadedRecords<GroupRecord>> {
  const reader = new OffsetRecordReader()
  for await (const batch of batches) {
    yield { records: decodedRecords(batch, reader, skipped), nextOffset: batch.nextOffset }
  }
}

function* decodedRecords(
  batch: StoredBatch,
  reader: OffsetRecordReader,
  skipped: SkippedRecords,
): IterableIterator<{ offset: number; record: GroupRecord }> {
  if (batch.marker !== undefined) {
    const record = { kind: 'marker', producerId: batch.producerId, outcome: batch.marker } as const
    yield { offset: batch.nextOffset - 1, record }
    return
  }
  const producer = batch.isTransactional ? { id: batch.producerId, epoch: batch.producerEpoch } : undefined
  for (const stored of batch.records) {
    const { key, value } = stored
    const record = (key === null ? undefined : reader.read(key, value, producer)) ?? decodeGroupRecord(stored, producer)
    if (record.kind === 'skipped') skipped.add(record.reason)
    else yield { offset: stored.offset, record }
  }
}
