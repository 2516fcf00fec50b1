/** A shard and a log to test the runtime with. */
import { SnapshotRegistry, TimelineMap } from '@ottla/stdx'
import { ManualTime } from './manual-time.ts'
import type { ShardWriter } from './ports.ts'
import type { Decision, ReplyToken, Shard } from './shard.ts'
import { ShardRuntime, type ShardRuntimeOptions } from './shard-runtime.ts'

export interface Put {
  readonly key: string
  readonly value: number
}

export interface Park {
  readonly name: string
  readonly token: ReplyToken | null
}

/** A map by records, and a place where requests can be parked by soft changes. */
export class MapShard implements Shard<Put, Park, string, string> {
  readonly registry = new SnapshotRegistry()
  readonly values = new TimelineMap<string, number>(this.registry)
  readonly parked = new TimelineMap<string, ReplyToken>(this.registry)
  readonly replayed: number[] = []
  onFire: (timer: string) => Decision<Put, Park, string, string> = () => ({ records: [] })

  replay(record: Put, offset: number): void {
    this.replayed.push(offset)
    this.values.set(record.key, record.value)
  }

  apply({ name, token }: Park): void {
    if (token === null) this.parked.delete(name)
    else this.parked.set(name, token)
  }

  fire(timer: string): Decision<Put, Park, string, string> {
    return this.onFire(timer)
  }
}

export class MemoryLog implements ShardWriter<Put> {
  records: Put[] = []
  refusal: Error | undefined
  onAppend: () => void = () => {}

  append(records: readonly Put[]): number {
    if (this.refusal !== undefined) throw this.refusal
    this.records.push(...records)
    this.onAppend()
    return this.records.length
  }
}

export type MapRuntime = ShardRuntime<MapShard, Put, Park, string, string>

export class Fixture {
  readonly time = new ManualTime()
  readonly shard = new MapShard()
  readonly log = new MemoryLog()
  readonly messages: string[] = []
  readonly runtime: MapRuntime

  constructor(options: Partial<ShardRuntimeOptions<MapShard, Put, string>> = {}) {
    this.runtime = new ShardRuntime({
      shard: this.shard,
      registry: this.shard.registry,
      writer: this.log,
      clock: this.time,
      timers: this.time,
      onMessage: (message) => this.messages.push(message),
      ...options,
    })
  }

  put(key: string, value: number): Observed {
    return observe(
      this.runtime.submit((_, token) => ({
        records: [{ key, value }],
        replies: [{ token, value: `${key}=${value}` }],
      })),
    )
  }

  park(name: string): Observed {
    return observe(this.runtime.submit((_, token) => ({ records: [], changes: [{ name, token }] })))
  }

  /** Answers who is parked, with a record or without. */
  unpark(name: string, records: readonly Put[] = []): Observed {
    return observe(
      this.runtime.submit((shard, token) => ({
        records,
        changes: [{ name, token: null }],
        replies: [
          { token: shard.parked.get(name) as ReplyToken, value: 'unparked' },
          { token, value: 'done' },
        ],
      })),
    )
  }
}

/** What became of a request; settled one microtask after it was decided. */
export interface Observed {
  outcome: string
}

export function observe(promise: Promise<unknown>): Observed {
  const observed = { outcome: 'waits' }
  promise.then(
    (value) => {
      observed.outcome = String(value)
    },
    (error: Error) => {
      observed.outcome = `failed: ${error.message}`
    },
  )
  return observed
}

export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve()
}
