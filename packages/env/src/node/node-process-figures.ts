import fs from 'node:fs'
import type { ProcessFigures } from '../process-figures.ts'

const MICROS_PER_SECOND = 1_000_000

export function nodeProcessFigures(): ProcessFigures {
  const memory = process.memoryUsage()
  const cpu = process.cpuUsage()
  const loop = performance.eventLoopUtilization()
  return {
    startedAtMs: performance.timeOrigin,
    residentBytes: memory.rss,
    heapUsedBytes: memory.heapUsed,
    heapTotalBytes: memory.heapTotal,
    externalBytes: memory.external,
    userCpuSeconds: cpu.user / MICROS_PER_SECOND,
    systemCpuSeconds: cpu.system / MICROS_PER_SECOND,
    ...diskBytes(),
    openFiles: openFiles(),
    maxFiles: maxFiles(),
    loopActiveMs: loop.active,
    loopIdleMs: loop.idle,
    runtimeVersion: process.version,
  }
}

function diskBytes(): { diskReadBytes: number | null; diskWrittenBytes: number | null } {
  try {
    const text = fs.readFileSync('/proc/self/io', 'utf8')
    const of = (name: string): number => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(text)?.[1])
    return { diskReadBytes: of('read_bytes'), diskWrittenBytes: of('write_bytes') }
  } catch {
    return { diskReadBytes: null, diskWrittenBytes: null }
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
