import { type Pool, PoolError, type PoolTask, type PoolTaskOptions, type PoolTasks } from '../pool.ts'
import { nativeZstd } from '../runtime-features.ts'

type Done = (error: Error | null, output: Buffer) => void

/**
 * gzip (and zstd, where Node has it) run in libuv's thread pool. Tasks given by the builder of the world run in place, in a
 * turn of their own. Options: `level` for compression, `maxBytes` as bound of what comes out of decompression.
 */
export function nodePool(tasks: PoolTasks = {}): Pool {
  return {
    run: async (task, input, options = {}) => {
      const given = tasks[task]
      if (given !== undefined) return inOwnTurn(given, input, options)
      const native = nativeTask(task)
      if (native === undefined) throw new PoolError(`the pool has no task ${task}`)
      return new Promise((resolve, reject) => {
        native(input, options, (error, output) => (error ? reject(error) : resolve(output)))
      })
    },
  }
}

function inOwnTurn(task: PoolTask, input: Buffer, options: PoolTaskOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(task(input, options))
      } catch (error) {
        reject(error)
      }
    })
  })
}

function nativeTask(task: string): ((input: Buffer, options: PoolTaskOptions, done: Done) => void) | undefined {
  // Asked for on first use: loading zlib costs start-up time that a broker without compression does not owe.
  const zlib = process.getBuiltinModule('node:zlib')
  const zstd = nativeZstd()
  switch (task) {
    case 'gzip.compress':
      return (input, { level = zlib.constants.Z_DEFAULT_COMPRESSION }, done) => zlib.gzip(input, { level }, done)
    case 'gzip.decompress':
      return (input, options, done) => zlib.gunzip(input, bound(options), done)
    case 'zstd.compress':
      return zstd && ((input, options, done) => zstd.zstdCompress(input, { params: zstdParams(options) }, done))
    case 'zstd.decompress':
      return zstd && ((input, options, done) => zstd.zstdDecompress(input, bound(options), done))
    default:
      return undefined
  }

  function zstdParams({ level }: PoolTaskOptions): Record<number, number> {
    return level === undefined || zstd === undefined ? {} : { [zstd.constants.ZSTD_c_compressionLevel]: level }
  }
}

function bound({ maxBytes }: PoolTaskOptions): { maxOutputLength?: number } {
  return maxBytes === undefined ? {} : { maxOutputLength: maxBytes }
}
