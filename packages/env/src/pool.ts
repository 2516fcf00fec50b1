/**
 * Work that must not hold the event loop. The real pool runs it off the loop; the simulated one runs it in place and
 * answers after a simulated delay.
 */
export interface Pool {
  /**
   * Runs a pure task (bytes in, bytes out), e.g. 'gzip.compress'. Rejects with the task's error, or with {@link PoolError}
   * when no task has that name. The input must stay unchanged until the answer is there.
   */
  run(task: string, input: Buffer, options?: PoolTaskOptions): Promise<Buffer>
}

export type PoolTaskOptions = Readonly<Record<string, number>>

/** A task that whoever builds the world adds to those of the pool itself. Pure: the same input gives the same output. */
export type PoolTask = (input: Buffer, options: PoolTaskOptions) => Buffer | Promise<Buffer>

/** Tasks by name. They take precedence over the pool's own. */
export type PoolTasks = Readonly<Record<string, PoolTask>>

/** The pool has no such task. */
export class PoolError extends Error {
  override readonly name = 'PoolError'
  readonly code = 'UNKNOWN_TASK'
}
