/** The compacted logs of a store, for the cleaner. One that is not open is opened where it has something dirty that is not in its last segment. */
import type { CompactedLog } from '../cleaner/log-cleaner.ts'
import type { LogConfig } from '../log-config.ts'
import type { LogResources } from '../log-resources.ts'
import type { PartitionLog } from '../partition-log.ts'
import { LOG_SUFFIX, parseFileName } from '../segment/file-names.ts'
import type { DirectoryEntry } from './log-directory.ts'
import { checkpointKey } from './offset-checkpoint.ts'

export interface CompactedLogsOptions {
  readonly resources: LogResources
  readonly configOf: (topic: string) => LogConfig
  readonly open: (entry: DirectoryEntry) => Promise<PartitionLog | null>
  /** Nobody but the store uses the log. */
  readonly isIdle: (log: PartitionLog) => boolean
}

/** A log that nobody opened does not change: only time makes it due. */
const LOOK_AGAIN_MS = 300_000
/** The settings of a topic take tens of microseconds to put together. */
const LOOKS_PER_TURN = 32

export class CompactedLogs {
  readonly #options: CompactedLogsOptions
  /** When a log that is not open was looked at. */
  readonly #looked = new WeakMap<DirectoryEntry, number>()

  constructor(options: CompactedLogsOptions) {
    this.#options = options
  }

  async find(entries: readonly DirectoryEntry[]): Promise<CompactedLog[]> {
    const { env } = this.#options.resources
    const found: CompactedLog[] = []
    let looked = 0
    for (const entry of entries) {
      if (entry.error !== null || entry.directory.error !== null || entry.opening !== null) continue
      if (++looked % LOOKS_PER_TURN === 0) await new Promise<void>((resolve) => env.timers.defer(resolve))
      if (entry.log === null && !this.#isLookDue(entry)) continue
      const config = this.#configOf(entry)
      if (!config.cleanupCompact) continue
      const log = entry.log ?? ((await this.#isDirty(entry)) ? await this.#options.open(entry) : null)
      if (log !== null && entry.log === log) found.push(compacted(entry, log))
    }
    return found
  }

  #configOf({ log, topicPartition: { topic } }: DirectoryEntry): LogConfig {
    const { configOf, isIdle } = this.#options
    if (log !== null && !isIdle(log)) return log.config
    const config = configOf(topic)
    log?.updateConfig(config)
    return config
  }

  #isLookDue(entry: DirectoryEntry): boolean {
    const { env } = this.#options.resources
    const lookedMs = this.#looked.get(entry)
    const isDue = !entry.needsRecovery && (lookedMs === undefined || env.clock.now() - lookedMs >= LOOK_AGAIN_MS)
    if (isDue) this.#looked.set(entry, env.clock.now())
    return isDue
  }

  async #isDirty(entry: DirectoryEntry): Promise<boolean> {
    const { env } = this.#options.resources
    const folder = entry.directory.folderOf(entry.topicPartition)
    if ((await env.files.stat(folder)) === null) return false
    const bases: number[] = []
    for (const { name } of await env.files.list(folder)) {
      const file = parseFileName(name)
      if (file?.kind === LOG_SUFFIX && file.state === '') bases.push(file.baseOffset)
    }
    const last = Math.max(...bases)
    return bases.length > 1 && last > (entry.directory.cleanerOffsets.get(checkpointKey(entry.topicPartition)) ?? 0)
  }
}

function compacted(entry: DirectoryEntry, log: PartitionLog): CompactedLog {
  const { directory, topicPartition } = entry
  return {
    log,
    checkpoint: directory.cleanerOffsets.get(checkpointKey(topicPartition)),
    record: async (offset) => {
      if (entry.log === log && log.failure === null) await directory.recordCleaned(topicPartition, offset)
    },
  }
}
