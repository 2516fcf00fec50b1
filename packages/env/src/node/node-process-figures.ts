import fs from 'node:fs'
import type { ProcessFigures } from '../process-figures.ts'
import { polledForMs } from './loop-poll.ts'

const MICROS_PER_SECOND = 1_000_000

/** Each figure is taken when it is read: some cost more than others. */
export function nodeProcessFigures(): ProcessFigures {
  return FIGURES
}

const FIGURES: ProcessFigures = {
  startedAtMs: performance.timeOrigin,
  runtimeVersion: process.version,
  get residentBytes() {
    return process.memoryUsage().rss
  },
  get heapUsedBytes() {
    return process.memoryUsage().heapUsed
  },
  get heapTotalBytes() {
    return process.memoryUsage().heapTotal
  },
  get externalBytes() {
    return process.memoryUsage().external
  },
  get userCpuSeconds() {
    return process.cpuUsage().user / MICROS_PER_SECOND
  },
  get systemCpuSeconds() {
    return process.cpuUsage().system / MICROS_PER_SECOND
  },
  get diskReadBytes() {
    return diskBytes('read_bytes')
  },
  get diskWrittenBytes() {
    return diskBytes('write_bytes')
  },
  get openFiles() {
    return openFiles()
  },
  get maxFiles() {
    return maxFiles()
  },
  get loopActiveMs() {
    return performance.eventLoopUtilization().active - polledForMs()
  },
  get loopIdleMs() {
    return performance.eventLoopUtilization().idle + polledForMs()
  },
}

function diskBytes(name: string): number | null {
  try {
    const count = new RegExp(`^${name}: (\\d+)`, 'm').exec(fs.readFileSync('/proc/self/io', 'utf8'))?.[1]
    return count === undefined ? null : Number(count)
  } catch {
    return null
  }
}

function openFiles(): number | null {
  try {
    // The list itself is open while it is read.
    return fs.readdirSync('/proc/self/fd').length - 1
  } catch {
    return null
  }
}

function maxFiles(): number | null {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return soft === undefined ? null : Number(soft)
  } catch {
    return null
  }
}
