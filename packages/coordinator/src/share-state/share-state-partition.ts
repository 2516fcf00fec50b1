/** One partition of `__share_group_state` in service: a shard, its runtime and its log. */
import { ApiError, ErrorCode } from '@ottla/protocol'
import {
  type Instant,
  type LoadedRecords,
  loadShard,
  type ReplyToken,
  ShardRuntime,
  type Unloadable,
} from '@ottla/runtime'
import type { CoordinatorEnv, PartitionWriter, StoredBatches } from '../ports.ts'
import { SkippedRecords } from '../skipped-records.ts'
import type { ShareStateConfig } from './share-state-config.ts'
import { decodeShareStateRecord, encodeShareStateRecord, type ShareStateRecord } from './share-state-record-codec.ts'
import type { Asked } from './share-state-requests.ts'
import {
  type PruneMessage,
  type ShareStateChange,
  type ShareStateDecision,
  ShareStateShard,
  type ShareStateTimer,
} from './share-state-shard.ts'

export type ShareStateEnv = Pick<CoordinatorEnv, 'clock' | 'timers' | 'log'>

export interface OpenShareStatePartition {
  readonly partition: number
  readonly epoch: number
  readonly env: ShareStateEnv
  readonly config: () => ShareStateConfig
  readonly writer: PartitionWriter
  readonly batches: StoredBatches
  readonly signal: AbortSignal
}

export class ShareStatePartition implements Unloadable {
  readonly partition: number
  readonly epoch: number
  readonly shard: ShareStateShard
  readonly #runtime: ShardRuntime<ShareStateShard, ShareStateRecord, ShareStateChange, ShareStateTimer, PruneMessage>

  private constructor(options: OpenShareStatePartition, shard: ShareStateShard, endOffset: number) {
    const { partition, epoch, env, config, writer } = options
    this.partition = partition
    this.epoch = epoch
    this.shard = shard
    this.#runtime = new ShardRuntime({
      shard,
      registry: shard.registry,
      writer: {
        append: (records) => writer.append(records.map(encodeShareStateRecord), { timestampMs: env.clock.now() }),
      },
      clock: env.clock,
      timers: env.timers,
      endOffset,
      onMessage: ({ beforeOffset }) => {
        env.log.debug('share state that nobody needs is deleted', { partition, beforeOffset })
        writer.deleteRecordsBefore?.(beforeOffset)
      },
      onTimerError: (error) => env.log.warn('a timer of the share coordinator waits for the log', { partition, error }),
      commitTimeout: {
        afterMs: config().writeTimeoutMs,
        error: () => new ApiError(ErrorCode.REQUEST_TIMED_OUT),
      },
    })
  }

  /** Loads the log and goes into service. Rejects with what reading threw, or the signal's reason. */
  static async open(options: OpenShareStatePartition): Promise<ShareStatePartition> {
    const { partition, epoch, env, config, batches, signal } = options
    const shard = new ShareStateShard(config)
    const skipped = new SkippedRecords()
    const source = recordsOf(batches, skipped)
    const { clock, timers } = env
    const { recordCount, durationMs, endOffset } = await loadShard({ shard, source, clock, timers, signal })
    skipped.tell(env.log, 'records of the share coordinator were skipped', partition)
    const fields = { partition, epoch, records: recordCount, sharePartitions: shard.states.size, durationMs }
    env.log.info('share coordinator loaded a partition', fields)
    const opened = new ShareStatePartition(options, shard, endOffset)
    opened.#runtime.start()
    return opened
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
  submit<V>(decide: (asked: Asked) => ShareStateDecision): Promise<V> {
    return this.#runtime.submit<V>((shard: ShareStateShard, token: ReplyToken, now: Instant) =>
      decide({ shard, token, now }),
    )
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

async function* recordsOf(
  batches: StoredBatches,
  skipped: SkippedRecords,
): AsyncGenerator<LoadedRecords<ShareStateRecord>> {
  for await (const { records, nextOffset } of batches) {
    const decoded: { offset: number; record: ShareStateRecord }[] = []
    for (const stored of records) {
      const record = decodeShareStateRecord(stored)
      if (record.kind !== 'skipped') decoded.push({ offset: stored.offset, record })
      else skipped.add(record.reason)
    }
    yield { records: decoded, nextOffset }
  }
}
