/** How many threads of Node's pool a server has: files are synced and read there. */

/** As many as Node has for everything. */
const THREADS_FOR_READS = 4
/** More the pool does not take. */
const THREADS_MAX = 1024

/**
 * Has the pool keep threads for reads while `syncs` of its threads wait for the disk: else who reads what is not in memory waits behind
 * those who acknowledge from the disk. To be called before anything uses the pool. UV_THREADPOOL_SIZE, where it is set, stays.
 */
export function keepThreadsForReads(syncs: number): void {
  process.env['UV_THREADPOOL_SIZE'] ??= String(Math.min(syncs + THREADS_FOR_READS, THREADS_MAX))
}
