import type { Clock, Timers } from './clock.ts'
import type { Diagnostics } from './diagnostics.ts'
import type { FileSystem } from './file-system.ts'
import type { HttpClient, HttpServers } from './http.ts'
import type { LogLevels } from './log-levels.ts'
import type { Logger } from './logger.ts'
import type { Network } from './network.ts'
import type { Pool } from './pool.ts'
import type { ProcessFigures } from './process-figures.ts'
import type { Random } from './random.ts'

/** Everything a process may know of the world. Passed down explicitly; nothing reaches around it. */
export interface Env {
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Random
  readonly files: FileSystem
  readonly network: Network
  readonly pool: Pool
  readonly logger: Logger
  /** Which lines of which logger are written; may be changed at any time. */
  readonly logLevels: LogLevels
  /** Absent where nobody is there to ask: in the simulation. */
  readonly http?: HttpServers
  /** Absent where nobody is there to answer: in the simulation. */
  readonly httpClient?: HttpClient
  /** Absent where nobody listens: in the simulation. */
  readonly diagnostics?: Diagnostics
  /** What there is to know of this process now. Absent where no process is the program's own: in the simulation. */
  readonly processFigures?: () => ProcessFigures
  /** Frees the memory of a buffer that nobody uses any more, now; the buffer is empty then. Absent where the garbage collector may find it. */
  readonly discardMemory?: (buffer: Buffer) => void
  /**
   * A new block of a megabyte takes no memory until it is touched, also where others were discarded before. Absent where that is not known.
   */
  readonly isNewMemoryUntouched?: boolean
}
