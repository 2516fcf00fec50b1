/**
 * A disk with a file system on it, as the kernel and the device have it: it outlives processes. Two states are kept of every
 * file and directory, what processes see and what the device holds; see `power-loss.ts` for what is left of the difference.
 *
 * Stricter than most file systems on purpose: a sync of a file does not make its name durable, and a sync of a directory
 * makes nothing durable but its names.
 */
import { FileSystemError } from '@ottla/env'
import { assert, Prng } from '@ottla/stdx'
import { DirectoryNode, type DiskNode, type NameChange } from './directory-node.ts'
import { DiskFaults, type DiskOperation } from './disk-faults.ts'
import { FileNode } from './file-node.ts'
import { losePower, type PowerLossMode } from './power-loss.ts'

/** Milliseconds, from–to. */
export type Span = readonly [from: number, to: number]

/** How long asynchronous operations take, and how long a synchronous write holds its process. */
export interface DiskLatency {
  readonly read: Span
  readonly write: Span
  readonly sync: Span
  readonly other: Span
  readonly writeSync: Span
}

export const DEFAULT_DISK_LATENCY: DiskLatency = {
  read: [0.02, 0.3],
  write: [0.02, 0.2],
  sync: [0.3, 5],
  other: [0.02, 0.3],
  writeSync: [0, 0],
}

export interface SimDiskOptions {
  readonly seed: number | string
  readonly latency?: Partial<DiskLatency>
}

/** A change that was made, for tests that look at every point at which the power could go. */
export interface DiskChange {
  readonly operation: DiskOperation
  readonly path: string
  /** Counts the changes of this disk from 1. */
  readonly index: number
}

export class SimDisk {
  readonly faults: DiskFaults
  latency: DiskLatency
  /** Bytes that fit; more is refused with ENOSPC. */
  capacityBytes = 2 ** 40
  /** Called after each change (a write, a sync, a rename …), with the disk as it is then. */
  onChange: (change: DiskChange) => void = () => {}
  readonly random: Prng
  readonly #root = new DirectoryNode()
  #sequence = 0
  #changes = 0

  constructor(options: SimDiskOptions) {
    this.random = new Prng(options.seed)
    this.faults = new DiskFaults(this.random.fork('faults'))
    this.latency = { ...DEFAULT_DISK_LATENCY, ...options.latency }
  }

  /** The number of the newest change: everything that is pending now has this sequence or a lower one. */
  get sequence(): number {
    return this.#sequence
  }

  /** Changes so far. */
  get changes(): number {
    return this.#changes
  }

  /** A new sequence, for a change that is being made. */
  nextSequence(): number {
    return ++this.#sequence
  }

  /** Says that a change was made. */
  changed(operation: DiskOperation, path: string): void {
    this.#changes++
    this.onChange({ operation, path, index: this.#changes })
  }

  /** The power goes. Without a mode the seed chooses one. */
  losePower(mode?: PowerLossMode): void {
    losePower(this.#root, mode ?? this.random.pick(['none', 'all', 'prefix', 'subset', 'torn', 'torn']), this.random)
  }

  /** Another disk that holds the same, pending changes included: to see what a crash would leave without having one. */
  clone(seed: number | string): SimDisk {
    const copy = new SimDisk({ seed, latency: this.latency })
    copy.capacityBytes = this.capacityBytes
    copy.#sequence = this.#sequence
    copyTree(this.#root, copy.#root)
    return copy
  }

  /** Bytes of all files that have a name. */
  get usedBytes(): number {
    return sizeUnder(this.#root)
  }

  /** The node of the path; null when there is none. Throws ENOTDIR when a file stands where a directory must be. */
  find(path: string): DiskNode | null {
    let node: DiskNode = this.#root
    for (const name of partsOf(path)) {
      if (node.kind === 'file') throw failure('ENOTDIR', path)
      const child = node.current.get(name)
      if (child === undefined) return null
      node = child
    }
    return node
  }

  file(path: string): FileNode {
    const node = this.find(path)
    if (node === null) throw failure('ENOENT', path)
    if (node.kind === 'directory') throw failure('EISDIR', path)
    return node
  }

  directory(path: string): DirectoryNode {
    const node = this.find(path)
    if (node === null) throw failure('ENOENT', path)
    if (node.kind === 'file') throw failure('ENOTDIR', path)
    return node
  }

  /** The file of the path, made when it is missing. */
  createFile(path: string): FileNode {
    const { parent, name } = this.#place(path)
    const existing = parent.current.get(name)
    if (existing?.kind === 'directory') throw failure('EISDIR', path)
    if (existing !== undefined) return existing
    const file = new FileNode()
    this.#changeNames([{ directory: parent, name, node: file }])
    this.changed('open', path)
    return file
  }

  /** Makes the directory and those above it that are missing. */
  makeDirectory(path: string): void {
    let parent = this.#root
    let isChanged = false
    for (const name of partsOf(path)) {
      let node = parent.current.get(name)
      if (node?.kind === 'file') throw failure('EEXIST', path)
      if (node === undefined) {
        node = new DirectoryNode()
        this.#changeNames([{ directory: parent, name, node }])
        isChanged = true
      }
      parent = node
    }
    if (isChanged) this.changed('makeDirectory', path)
  }

  rename(from: string, to: string): void {
    const source = this.#place(from)
    const target = this.#place(to)
    const node = source.parent.current.get(source.name)
    if (node === undefined) throw failure('ENOENT', from)
    const replaced = target.parent.current.get(target.name)
    if (replaced === node) return
    if (replaced?.kind === 'directory') {
      if (node.kind === 'file') throw failure('EISDIR', to)
      if (replaced.current.size > 0) throw failure('ENOTEMPTY', to)
    } else if (replaced !== undefined && node.kind === 'directory') throw failure('ENOTDIR', to)
    this.#changeNames([
      { directory: source.parent, name: source.name, node: null },
      { directory: target.parent, name: target.name, node },
    ])
    this.changed('rename', to)
  }

  unlink(path: string): void {
    const { parent, name } = this.#place(path)
    const node = parent.current.get(name)
    if (node === undefined) throw failure('ENOENT', path)
    if (node.kind === 'directory') throw failure('EISDIR', path)
    this.#changeNames([{ directory: parent, name, node: null }])
    this.changed('unlink', path)
  }

  /** Removes the directory with all it holds, name by name; nothing when it is missing. */
  removeDirectory(path: string): void {
    const node = this.find(path)
    if (node === null) return
    const { parent, name } = this.#place(path)
    if (node.kind === 'directory') this.#removeContents(node)
    this.#changeNames([{ directory: parent, name, node: null }])
    this.changed('removeDirectory', path)
  }

  /** Turns over one bit of the file, on the device and in the cache, as a failing medium does. */
  flipBit(path: string, position: number, bit = this.random.below(8)): void {
    const file = this.file(path)
    assert(position < file.current.size, 'the bit lies within the file')
    for (const image of [file.current, file.durable]) {
      if (position >= image.size) continue
      image.write(position, Buffer.of((image.bytes[position] as number) ^ (1 << bit)))
    }
  }

  #removeContents(directory: DirectoryNode): void {
    for (const [name, node] of [...directory.current]) {
      if (node.kind === 'directory') this.#removeContents(node)
      this.#changeNames([{ directory, name, node: null }])
    }
  }

  #changeNames(entries: NameChange['entries']): void {
    const change: NameChange = { sequence: this.nextSequence(), entries }
    const directories = new Set<DirectoryNode>()
    for (const { directory, name, node } of entries) {
      if (node === null) directory.current.delete(name)
      else directory.current.set(name, node)
      directories.add(directory)
    }
    for (const directory of directories) directory.pending.push(change)
  }

  #place(path: string): { parent: DirectoryNode; name: string } {
    const parts = partsOf(path)
    const name = parts.pop()
    if (name === undefined) throw failure('EBUSY', path)
    return { parent: this.directory(`/${parts.join('/')}`), name }
  }
}

export function failure(code: string, path: string): FileSystemError {
  return new FileSystemError(code, path, `operation on ${path} failed: ${code}`)
}

function partsOf(path: string): string[] {
  assert(path.startsWith('/'), `${path} is absolute`)
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

function sizeUnder(directory: DirectoryNode): number {
  let bytes = 0
  for (const node of directory.current.values()) bytes += node.kind === 'file' ? node.current.size : sizeUnder(node)
  return bytes
}

function copyTree(from: DirectoryNode, to: DirectoryNode): void {
  const copies = new Map<DiskNode, DiskNode>([[from, to]])
  const changes = new Map<NameChange, NameChange>()
  const copyOf = (node: DiskNode): DiskNode => {
    const known = copies.get(node)
    if (known !== undefined) return known
    const copy = node.kind === 'file' ? node.clone() : new DirectoryNode()
    copies.set(node, copy)
    if (node.kind === 'directory') fill(node, copy as DirectoryNode)
    return copy
  }
  const copyOfChange = (change: NameChange): NameChange => {
    let copy = changes.get(change)
    if (copy === undefined) {
      const entries = change.entries.map(({ directory, name, node }) => ({
        directory: copyOf(directory) as DirectoryNode,
        name,
        node: node && copyOf(node),
      }))
      copy = { sequence: change.sequence, entries }
      changes.set(change, copy)
    }
    return copy
  }
  const fill = (node: DirectoryNode, copy: DirectoryNode): void => {
    for (const [name, child] of node.current) copy.current.set(name, copyOf(child))
    for (const [name, child] of node.durable) copy.durable.set(name, copyOf(child))
    copy.pending = node.pending.map(copyOfChange)
    copy.modifiedMs = node.modifiedMs
  }
  fill(from, to)
}
