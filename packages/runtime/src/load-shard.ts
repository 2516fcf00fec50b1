import { assert } from '@ottla/stdx'
import { LoadTurns } from './load-turns.ts'
import type { RuntimeClock, RuntimeTimers } from './ports.ts'
import type { Shard } from './shard.ts'

/** The clock is asked after so many records. */
const RECORDS_PER_LOOK = 64

/** Records of a log, in order of offsets, which may have gaps (a compacted log has). */
export interface LoadedRecords<R> {
  readonly records: Iterable<{ readonly offset: number; readonly record: R }>
  /** The offset after all that was read so far; the last one is where the shard goes on. */
  readonly nextOffset: number
}

export interface LoadShardOptions<R> {
  readonly shard: Pick<Shard<R>, 'replay'>
  readonly source: AsyncIterable<LoadedRecords<R>> | Iterable<LoadedRecords<R>>
  readonly clock: RuntimeClock
  readonly timers: RuntimeTimers
  /** Stops the loading, with the signal's reason. */
  readonly signal?: AbortSignal
}

export interface LoadedShard {
  readonly endOffset: number
  readonly recordCount: number
  readonly durationMs: number
}

/**
 * Replays a log into a shard that is not served yet, and lets the loop go on with other work every few milliseconds.
 * Rejects with what the source or `replay` threw, or with the reason of the signal.
 */
export async function loadShard<R>(options: LoadShardOptions<R>): Promise<LoadedShard> {
  const { shard, source, clock, timers, signal } = options
  const startedMs = clock.monotonic()
  const turns = LoadTurns.of({ clock, timers })
  let endOffset = 0
  let recordCount = 0
  for await (const { records, nextOffset } of source) {
    signal?.throwIfAborted()
    for (const { offset, record } of records) {
      assert(offset >= endOffset, 'offsets grow')
      shard.replay(record, offset)
      endOffset = offset + 1
      recordCount += 1
      if (recordCount % RECORDS_PER_LOOK !== 0 || !turns.isOver) continue
      await turns.next()
      signal?.throwIfAborted()
    }
    assert(nextOffset >= endOffset, 'a batch ends after its records')
    endOffset = nextOffset
  }
  return { endOffset, recordCount, durationMs: clock.monotonic() - startedMs }
}
