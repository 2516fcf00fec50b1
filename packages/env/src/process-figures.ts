/** What the operating system and the runtime say of this process. Each figure is taken when it is read. */
export interface ProcessFigures {
  /** Wall time at which the process started, in milliseconds since 1970. */
  readonly startedAtMs: number
  readonly residentBytes: number
  readonly heapUsedBytes: number
  readonly heapTotalBytes: number
  /** Memory outside of the heap that objects of the heap hold; buffers are in it. */
  readonly externalBytes: number
  readonly userCpuSeconds: number
  readonly systemCpuSeconds: number
  /** Bytes that the process had read from, and written to, disks; null where the system does not say. */
  readonly diskReadBytes: number | null
  readonly diskWrittenBytes: number | null
  /** Open descriptors, and the most there may be; null where the system does not say. */
  readonly openFiles: number | null
  readonly maxFiles: number | null
  /** Time that the event loop has worked, and has waited for something to do, since it began; milliseconds. */
  readonly loopActiveMs: number
  readonly loopIdleMs: number
  /** Of Node, with the v. */
  readonly runtimeVersion: string
}
