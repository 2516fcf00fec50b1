import type { Prng } from '@ottla/stdx'
import { ByteImage } from './byte-image.ts'

/** A change of a file that is in the page cache and not on the disk. `sequence` counts over the whole disk. */
export type FileChange =
  | { readonly kind: 'write'; readonly sequence: number; readonly position: number; readonly data: Buffer }
  | { readonly kind: 'truncate'; readonly sequence: number; readonly sizeBytes: number }

/** A file: what a process reads, what the disk holds, and what lies between. */
export class FileNode {
  readonly kind = 'file'
  current = new ByteImage()
  durable = new ByteImage()
  pending: FileChange[] = []
  /** A failed sync dropped changes that `current` still shows. */
  hasLostPages = false
  modifiedMs = 0

  /** Makes the changes up to `sequence` durable. */
  sync(sequence: number): void {
    let count = 0
    for (; count < this.pending.length; count++) {
      const change = this.pending[count] as FileChange
      if (change.sequence > sequence) break
      applyChange(this.durable, change)
    }
    this.pending.splice(0, count)
  }

  /** A sync failed: the changes up to `sequence` count as clean, and only some of their sectors reached the disk. */
  loseUpTo(sequence: number, random: Prng): void {
    const lost = this.pending.filter((change) => change.sequence <= sequence)
    this.pending = this.pending.filter((change) => change.sequence > sequence)
    if (lost.length > 0) this.hasLostPages = true
    for (const change of lost) if (random.chance(0.5)) applyTorn(this.durable, change, random)
  }

  /** What a process sees after the power came back. */
  reset(): void {
    if (this.pending.length === 0 && !this.hasLostPages) return
    this.current = this.durable.clone()
    this.pending = []
    this.hasLostPages = false
  }

  clone(): FileNode {
    const copy = new FileNode()
    copy.current = this.current.clone()
    copy.durable = this.durable.clone()
    copy.pending = [...this.pending]
    copy.hasLostPages = this.hasLostPages
    copy.modifiedMs = this.modifiedMs
    return copy
  }
}

export function applyChange(image: ByteImage, change: FileChange): void {
  if (change.kind === 'write') image.write(change.position, change.data)
  else image.truncate(change.sizeBytes)
}

/** Applies an arbitrary part of a write, in whole sectors; a truncation wholly or not at all. */
export function applyTorn(image: ByteImage, change: FileChange, random: Prng): void {
  if (change.kind === 'truncate') {
    if (random.chance(0.5)) applyChange(image, change)
    return
  }
  const sectorBytes = random.pick([512, 4096])
  const end = change.position + change.data.length
  for (let start = change.position; start < end; ) {
    const stop = Math.min(end, (Math.floor(start / sectorBytes) + 1) * sectorBytes)
    const piece = change.data.subarray(start - change.position, stop - change.position)
    if (random.chance(0.5)) image.write(start, piece)
    start = stop
  }
}

/** The write is lost, but the size that it made may be there: with zeros, or with what the blocks held before. */
export function extendWithout(image: ByteImage, change: FileChange, random: Prng): void {
  if (change.kind !== 'write') return
  const end = change.position + change.data.length
  if (end <= image.size) return
  const from = image.size
  image.truncate(end)
  if (random.chance(0.5)) image.write(from, random.bytes(end - from))
}
