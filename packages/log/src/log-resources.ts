/**
 * What all logs of one process share: the world, and the bounds that hold for all of them together.
 */
import type { Env } from '@ottla/env'
import { RecentHistogram, SlabPool } from '@ottla/stdx'
import { FolderSyncs } from './folder-syncs.ts'
import { IndexCache } from './index/index-cache.ts'
import type { JournalCounters } from './journal/journal.ts'
import { Limiter } from './limiter.ts'
import { OpenFiles } from './open-files.ts'
import { PieceCache } from './read/piece-cache.ts'
import { TailBudget } from './tail/tail-budget.ts'
import { WritePace } from './write/write-pace.ts'
import { WriteTrouble } from './write/write-trouble.ts'
import { WriteTurn } from './write/write-turn.ts'
import { Writeback } from './write/writeback.ts'

export interface LogLimits {
  /** Bytes of recently written batches kept in memory for reads. */
  readonly tailBytes: number
  /** Open file handles of segments. */
  readonly openFiles: number
  /** Syncs that run at the same time; the rest of the I/O threads stay free for reads. */
  readonly concurrentSyncs: number
  /** Reads from disk that run at the same time; the rest wait in order. */
  readonly concurrentReads: number
  /** Most bytes of one read from disk (a larger batch is read whole all the same). */
  readonly readMaxBytes: number
  /** Bytes read ahead of sequential readers, or kept for others that read the same. */
  readonly readAheadBytes: number
  /** Indexes of closed segments. */
  readonly indexCacheBytes: number
  /** Writes above this go to the I/O threads; smaller ones only after one that took longer than `slowWriteMs`. */
  readonly syncWriteMaxBytes: number
  readonly slowWriteMs: number
  /** Unsynced bytes of one log, and of all together, that start a sync in the background. */
  readonly writebackLogBytes: number
  readonly writebackTotalBytes: number
  /** Of a file of a folder's journal, 0 for none, and how many of them there are at most. */
  readonly journalSegmentBytes: number
  readonly journalSegments: number
}

export const DEFAULT_LOG_LIMITS: LogLimits = Object.freeze({
  tailBytes: 64 << 20,
  openFiles: 4096,
  concurrentSyncs: 2,
  concurrentReads: 16,
  readMaxBytes: 4 << 20,
  readAheadBytes: 16 << 20,
  indexCacheBytes: 32 << 20,
  syncWriteMaxBytes: 1 << 20,
  slowWriteMs: 5,
  writebackLogBytes: 32 << 20,
  writebackTotalBytes: 256 << 20,
  journalSegmentBytes: 32 << 20,
  journalSegments: 4,
})

/** What is copied into the tail takes the place of what leaves it: little is free in between. */
const TAIL_FREE_BYTES = 2 << 20

/** Counts since the start, for metrics and tests. */
export interface LogCounters extends JournalCounters {
  /** Appends and their bytes that reached their file, and the writes that took them there. */
  appends: number
  appendedBytes: number
  writes: number
  /** Bytes copied in memory on the way in or out. Goal: none. */
  copiedBytes: number
  tailReads: number
  tailReadBytes: number
  diskReads: number
  diskReadBytes: number
  /** Disk reads that were answered by what had been read ahead, or by another reader. */
  readAheadHits: number
  syncs: number
  revertedAppends: number
}

export interface LogResources {
  readonly env: Env
  readonly limits: LogLimits
  readonly counters: LogCounters
  /** How long syncs of logs took, microseconds. */
  readonly syncTimes: RecentHistogram
  readonly tail: TailBudget
  readonly openFiles: OpenFiles
  readonly syncs: Limiter
  readonly reads: Limiter
  readonly slabs: SlabPool
  readonly indexes: IndexCache
  readonly pieces: PieceCache
  /** Syncs of folders, shared by who asks at the same time. */
  readonly folders: FolderSyncs
  readonly turn: WriteTurn
  readonly writeback: Writeback
  readonly trouble: WriteTrouble
  /** How fast writes are; a data folder may have its own. */
  readonly pace: WritePace
}

export function createLogResources(
  env: Env,
  limits: Partial<LogLimits> = {},
  slabs: SlabPool = new SlabPool(),
): LogResources {
  const all = { ...DEFAULT_LOG_LIMITS, ...limits }
  return {
    env,
    limits: all,
    counters: {
      appends: 0,
      appendedBytes: 0,
      writes: 0,
      copiedBytes: 0,
      tailReads: 0,
      tailReadBytes: 0,
      diskReads: 0,
      diskReadBytes: 0,
      readAheadHits: 0,
      syncs: 0,
      revertedAppends: 0,
      journalFlushes: 0,
      journalBytes: 0,
      journalPieces: 0,
      journalFallbacks: 0,
    },
    syncTimes: new RecentHistogram(),
    tail: new TailBudget(all.tailBytes, slabs.sibling({ maxFreeBytes: TAIL_FREE_BYTES })),
    openFiles: new OpenFiles(env.files, all.openFiles),
    syncs: new Limiter(all.concurrentSyncs),
    reads: new Limiter(all.concurrentReads),
    slabs,
    indexes: new IndexCache(all.indexCacheBytes),
    pieces: new PieceCache({ capacityBytes: all.readAheadBytes, monotonic: () => env.clock.monotonic() }),
    folders: new FolderSyncs(env.files),
    turn: new WriteTurn(env.timers),
    writeback: new Writeback({ perLogBytes: all.writebackLogBytes, totalBytes: all.writebackTotalBytes }),
    trouble: new WriteTrouble(env),
    pace: newWritePace(all),
  }
}

export function newWritePace(limits: LogLimits): WritePace {
  return new WritePace({ syncWriteMaxBytes: limits.syncWriteMaxBytes, slowWriteMs: limits.slowWriteMs })
}
