/**
 * Work that must not hold the event loop. The real pool runs it off the loop; the simulated one runs it in place and
 * answers after a simulated delay.
 */
export interface Pool {
  /** Runs a registered pure task (bytes in, bytes out), e.g. 'gzip.compress'. Rejects with the task's error. */
  run(task: string, input: Buffer, options?: Readonly<Record<string, number>>): Promise<Buffer>
}
