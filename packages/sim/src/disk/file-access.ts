/** What reading, writing and syncing do to a file of a disk, faults included. */
import type { FaultEffect } from './disk-faults.ts'
import type { FileNode } from './file-node.ts'
import { failure, type SimDisk } from './sim-disk.ts'

/** A file as an operation meets it. */
export interface FileTarget {
  readonly disk: SimDisk
  readonly file: FileNode
  readonly path: string
  /** Wall time of the process, for the time of modification. */
  readonly nowMs: number
}

/** Returns the number of bytes written, which may be less than given. Throws FileSystemError. */
export function writeTo(
  target: FileTarget,
  write: { readonly data: Buffer; readonly position: number },
  fault: FaultEffect | undefined,
): number {
  const { disk, file, path } = target
  failOn(fault, path)
  let data = write.data.subarray(0, bytesThatFit(target, write))
  if (data.length === 0 && write.data.length > 0) throw failure('ENOSPC', path)
  if (fault?.kind === 'short') data = data.subarray(0, fault.bytes ?? Math.max(1, disk.random.below(data.length + 1)))
  if (fault?.kind === 'flip') flip(data, disk)
  const position = fault?.kind === 'misdirect' ? disk.random.below(file.current.size + 1) : write.position
  file.current.write(position, data)
  file.modifiedMs = target.nowMs
  if (fault?.kind === 'lost') file.hasLostPages = true
  else file.pending.push({ kind: 'write', sequence: disk.nextSequence(), position, data })
  disk.changed('write', path)
  return data.length
}

/** Returns the number of bytes read. Throws FileSystemError. */
export function readFrom(
  target: FileTarget,
  read: { readonly into: Uint8Array; readonly position: number },
  fault: FaultEffect | undefined,
): number {
  failOn(fault, target.path)
  const count = target.file.current.read(read.into, read.position)
  if (fault?.kind === 'flip') flip(read.into.subarray(0, count), target.disk)
  return count
}

export function truncateTo(target: FileTarget, sizeBytes: number, fault: FaultEffect | undefined): void {
  const { disk, file, path } = target
  failOn(fault, path)
  if (sizeBytes === file.current.size) return
  file.current.truncate(sizeBytes)
  file.modifiedMs = target.nowMs
  file.pending.push({ kind: 'truncate', sequence: disk.nextSequence(), sizeBytes })
  disk.changed('truncate', path)
}

/** Makes durable what was written up to `sequence`: the newest change when the sync began. Throws FileSystemError. */
export function syncUpTo(target: FileTarget, sequence: number, fault: FaultEffect | undefined): void {
  const { disk, file, path } = target
  if (fault?.kind === 'error') file.loseUpTo(sequence, disk.random)
  failOn(fault, path)
  if (fault?.kind === 'lost') return
  file.sync(sequence)
  disk.changed('sync', path)
}

export function failOn(fault: FaultEffect | undefined, path: string): void {
  if (fault?.kind === 'error') throw failure(fault.code, path)
}

function bytesThatFit(target: FileTarget, write: { readonly data: Buffer; readonly position: number }): number {
  const { disk, file } = target
  const growth = write.position + write.data.length - file.current.size
  if (growth <= 0 || disk.capacityBytes >= 2 ** 40) return write.data.length
  const missing = growth - Math.max(0, disk.capacityBytes - disk.usedBytes)
  return Math.max(0, write.data.length - Math.max(0, missing))
}

function flip(bytes: Uint8Array, disk: SimDisk): void {
  if (bytes.length === 0) return
  const index = disk.random.below(bytes.length)
  bytes[index] = (bytes[index] as number) ^ (1 << disk.random.below(8))
}
