import { gunzipSync, gzipSync } from 'node:zlib'
import { nativeZstd, type Pool, PoolError, type PoolTask, type PoolTaskOptions, type PoolTasks } from '@ottla/env'
import type { Process } from './process.ts'
import type { World } from './world.ts'

/** Work takes this long at most. */
const LATENCY_MS = 1

/** Does the work in place when its time comes, and answers in that event. */
export function simPool(process: Process, world: World, tasks: PoolTasks): Pool {
  return {
    run: (task, input, options = {}) =>
      new Promise((resolve, reject) => {
        const work = tasks[task] ?? ownTask(task)
        if (work === undefined) {
          reject(new PoolError(`the pool has no task ${task}`))
          return
        }
        if (!process.isAlive) return
        process.later(world.random.float() * LATENCY_MS, task, () => {
          try {
            resolve(work(input, options))
          } catch (error) {
            reject(error)
          }
        })
      }),
  }
}

function ownTask(task: string): PoolTask | undefined {
  const zstd = nativeZstd()
  switch (task) {
    case 'gzip.compress':
      return (input, { level }) => gzipSync(input, level === undefined ? {} : { level })
    case 'gzip.decompress':
      return (input, options) => gunzipSync(input, bound(options))
    case 'zstd.compress':
      return zstd && ((input) => zstd.zstdCompressSync(input))
    case 'zstd.decompress':
      return zstd && ((input, options) => zstd.zstdDecompressSync(input, bound(options)))
    default:
      return undefined
  }
}

function bound({ maxBytes }: PoolTaskOptions): { maxOutputLength?: number } {
  return maxBytes === undefined ? {} : { maxOutputLength: maxBytes }
}
