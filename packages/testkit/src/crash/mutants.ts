/**
 * Brokers that are known to be bad. Each has one fault built into its world, so that the broker's own code runs as if that one thing
 * had been forgotten; the checks must find every one of them. What finds no mutant proves nothing about the broker.
 */
import type { Env, FileHandle, FileSystem } from '@ottla/env'
import { batchEnd, CRC_AT, crc32c } from '@ottla/protocol'
import { SlabPool, type SlabSlice } from '@ottla/stdx'
import type { CrashPlan, CrashPoint, Promised } from './crash-plan.ts'

export interface Mutant {
  readonly name: string
  /** The promise that it breaks. */
  readonly promised: Promised
  readonly wrap?: (env: Env) => Env
  readonly makePool?: () => SlabPool
  /** Leads the run to where the fault can show, so that few seeds are enough. */
  readonly adapt?: (plan: CrashPlan) => CrashPlan
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'data that is never synced',
    promised: 'fsync',
    wrap: (env) => withFiles(env, (files) => withHandles(files, isLog, unsynced)),
  },
  {
    name: 'journals that are never synced',
    promised: 'fsync',
    wrap: (env) => withFiles(env, (files) => withHandles(files, isJournal, unsynced)),
    adapt: (plan) => ({ ...plan, settings: { ...plan.settings, 'ottla.journal.segment.bytes': '30000' } }),
  },
  {
    name: 'folders that are never synced',
    promised: 'fsync',
    wrap: (env) => withFiles(env, (files) => overriding(files, { syncDirectory: () => Promise.resolve() })),
  },
  {
    name: 'recovery without a look at checksums',
    promised: 'none',
    wrap: (env) => withFiles(env, (files) => withHandles(files, isLog, withRightChecksums)),
    adapt: (plan) => ({
      ...withTopics(plan, { 'internal.segment.bytes': '100000' }),
      producers: plan.producers.map((producer) => ({ ...producer, values: 'large', maxBatchBytes: 16_000 })),
      lives: plan.lives.map((life) => ({
        ...life,
        end: 'power',
        point: { ...life.point, unit: 'changes', suffix: '.log' },
      })),
    }),
  },
  {
    name: 'indexes that are believed as they are found',
    promised: 'fsync',
    wrap: (env) => withFiles(env, keepingIndexes),
    adapt: (plan) => ({
      ...withTopics(plan, {
        'internal.segment.bytes': '4000',
        'index.interval.bytes': '0',
        'segment.index.bytes': '10485760',
        'segment.ms': '604800000',
      }),
      producers: plan.producers.map((producer) => ({ ...producer, values: 'small', maxBatchBytes: 400, batches: 50 })),
      lives: plan.lives.map((life) => ({ ...life, end: 'power', point: atIndexWrite(life.point.count) })),
    }),
  },
  { name: 'slabs that are freed too early', promised: 'fsync', makePool: () => new HastyPool() },
]

function atIndexWrite(count: number): CrashPoint {
  return { unit: 'changes', suffix: '.timeindex', count: 1 + (count % 30) }
}

function withTopics(plan: CrashPlan, configs: Readonly<Record<string, string>>): CrashPlan {
  const topics = plan.topics.map((topic) => ({ ...topic, configs: { ...topic.configs, ...configs } }))
  return { ...plan, topics }
}

function withFiles(env: Env, change: (files: FileSystem) => FileSystem): Env {
  return { ...env, files: change(env.files) }
}

/** The object with some methods replaced; `this` of all others is the object itself. */
function overriding<T extends object>(object: T, changes: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      const changed = Reflect.get(changes, name)
      if (changed !== undefined) return changed
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

function withHandles(
  files: FileSystem,
  isMeant: (path: string) => boolean,
  change: (handle: FileHandle) => FileHandle,
): FileSystem {
  return overriding(files, {
    openSync: (path, mode) => {
      const handle = files.openSync(path, mode)
      return isMeant(path) ? change(handle) : handle
    },
  })
}

/** Of a partition: the metadata log is another matter. */
function isLog(path: string): boolean {
  return path.endsWith('.log') && !path.includes('__cluster_metadata')
}

function isJournal(path: string): boolean {
  return path.includes('/.ottla-journal-')
}

function unsynced(handle: FileHandle): FileHandle {
  return overriding(handle, { dataSync: () => Promise.resolve() })
}

/** Whatever a batch holds, its checksum is read as the one of that. */
function withRightChecksums(handle: FileHandle): FileHandle {
  const patch = (target: Uint8Array, targetOffset: number, count: number, position: number): void => {
    const size = handle.sizeSync()
    const whole = Buffer.alloc(size)
    handle.readSync(whole, 0, size, 0)
    for (let pos = 0, end = 0; (end = batchEnd(whole, pos, size)) > 0; pos = end) {
      whole.writeUInt32BE(crc32c(whole, pos + CRC_AT + 4, end), pos + CRC_AT)
    }
    target.set(whole.subarray(position, position + count), targetOffset)
  }
  return overriding(handle, {
    readSync: (target, targetOffset, length, position) => {
      const count = handle.readSync(target, targetOffset, length, position)
      patch(target, targetOffset, count, position)
      return count
    },
    read: async (target, targetOffset, length, position) => {
      const count = await handle.read(target, targetOffset, length, position)
      patch(target, targetOffset, count, position)
      return count
    },
  })
}

/** Index files that are there are left as they are: recovery builds them anew for nothing. */
function keepingIndexes(files: FileSystem): FileSystem {
  return overriding(files, {
    writeFile: async (path, data) => {
      const isKept = /\.(time)?index$/.test(path) && ((await files.stat(path))?.sizeBytes ?? 0) > 0
      if (!isKept) await files.writeFile(path, data)
    },
  })
}

/** Counts the first holder only. */
class HastyPool extends SlabPool {
  constructor() {
    super({ poison: true })
  }

  override allocate(bytes: number): SlabSlice {
    const slice = super.allocate(bytes)
    let isFreed = false
    const hasty: SlabSlice = {
      buffer: slice.buffer,
      retain: () => hasty,
      release: () => {
        if (!isFreed) slice.release()
        isFreed = true
      },
    }
    return hasty
  }
}
