/** The file leader-epoch-checkpoint: version 0, the count, then a line "epoch startOffset" each. */
import type { EpochEntry } from '../types.ts'

export const EPOCH_CHECKPOINT = 'leader-epoch-checkpoint'
const VERSION = '0'
const LINE = /^(\d{1,10}) (\d{1,16})$/

export function formatEpochCheckpoint(entries: readonly EpochEntry[]): Buffer {
  const lines = entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}\n`)
  return Buffer.from(`${VERSION}\n${entries.length}\n${lines.join('')}`)
}

/** Null when the file is damaged: then the epochs are read from the batches. */
export function parseEpochCheckpoint(content: Buffer): EpochEntry[] | null {
  const lines = content.toString().split('\n')
  if (lines[0] !== VERSION || lines[1] !== String(lines.length - 3) || lines.at(-1) !== '') return null
  const entries: EpochEntry[] = []
  for (const line of lines.slice(2, -1)) {
    const match = LINE.exec(line)
    if (match === null) return null
    const entry = { epoch: Number(match[1]), startOffset: Number(match[2]) }
    const last = entries.at(-1)
    if (last !== undefined && (entry.epoch <= last.epoch || entry.startOffset < last.startOffset)) return null
    entries.push(entry)
  }
  return entries
}
