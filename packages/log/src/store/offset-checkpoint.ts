/**
 * A checkpoint of one offset per partition, as text: version 0, the count, then a line "topic partition offset" each. The
 * four of a data folder (recovery points, log starts, high watermarks, first dirty offsets) have this form.
 */
import type { TopicPartition } from '../types.ts'

export const RECOVERY_POINT_CHECKPOINT = 'recovery-point-offset-checkpoint'
export const LOG_START_CHECKPOINT = 'log-start-offset-checkpoint'
export const HIGH_WATERMARK_CHECKPOINT = 'replication-offset-checkpoint'
export const CLEANER_CHECKPOINT = 'cleaner-offset-checkpoint'

const VERSION = '0'
const LINE = /^(\S+) (\d{1,10}) (-?\d{1,16})$/

/** Offsets by "topic partition". */
export type OffsetCheckpoint = Map<string, number>

export function checkpointKey({ topic, partition }: TopicPartition): string {
  return `${topic} ${partition}`
}

export function formatOffsetCheckpoint(offsets: ReadonlyMap<string, number>): Buffer {
  const lines = [`${VERSION}\n${offsets.size}\n`]
  for (const [key, offset] of offsets) lines.push(`${key} ${offset}\n`)
  return Buffer.from(lines.join(''))
}

/** Null when the file is damaged: it counts as empty then, and what it bounds is found out from the logs. */
export function parseOffsetCheckpoint(content: Buffer): OffsetCheckpoint | null {
  const lines = content.toString().split('\n')
  if (lines[0] !== VERSION || lines[1] !== String(lines.length - 3) || lines.at(-1) !== '') return null
  const offsets: OffsetCheckpoint = new Map()
  for (const line of lines.slice(2, -1)) {
    const match = LINE.exec(line)
    if (match === null) return null
    offsets.set(`${match[1]} ${Number(match[2])}`, Number(match[3]))
  }
  return offsets
}
