import {
  type DirectoryEntry,
  type FileHandle,
  type FileStat,
  type FileSystem,
  FileSystemError,
  type OpenMode,
} from '@ottla/env'
import type { Process } from '../process.ts'
import type { DirectoryNode } from './directory-node.ts'
import { AT_ONCE, type DiskCall, type DiskCalls } from './disk-calls.ts'
import type { FaultEffect } from './disk-faults.ts'
import { failOn, readFrom, truncateTo, writeTo } from './file-access.ts'
import type { FileNode } from './file-node.ts'
import { SimFileHandle } from './sim-file-handle.ts'

type NameCall<T> = Pick<DiskCall<T>, 'operation' | 'path'> & { readonly effect: () => T }

/** The files of one process, on the disk of its host. */
export class SimFileSystem implements FileSystem {
  readonly #calls: DiskCalls
  /** Data folders that are in use, by the process that uses them; of the host, shared by its processes. */
  readonly #locks: Map<DirectoryNode, Process>

  constructor(calls: DiskCalls, locks: Map<DirectoryNode, Process>) {
    this.#calls = calls
    this.#locks = locks
  }

  openSync(path: string, mode: OpenMode): FileHandle {
    return this.#nameSync({
      operation: 'open',
      path,
      effect: () => {
        const file = mode === 'create' ? this.#disk.createFile(path) : this.#disk.file(path)
        return new SimFileHandle(this.#calls, { path, file, mode })
      },
    })
  }

  readFile(path: string): Promise<Buffer> {
    return this.#calls.async({
      operation: 'read',
      path,
      span: this.#disk.latency.read,
      effect: (f) => this.#read(path, f),
    })
  }

  readFileSync(path: string): Buffer {
    return this.#calls.sync({ operation: 'read', path, span: AT_ONCE, effect: (fault) => this.#read(path, fault) })
  }

  writeFile(path: string, data: Buffer): Promise<void> {
    return this.#calls.async({
      operation: 'write',
      path,
      span: this.#disk.latency.write,
      effect: (fault) => this.#write(path, data, fault),
    })
  }

  rename(from: string, to: string): Promise<void> {
    return this.#name({ operation: 'rename', path: from, effect: () => this.#disk.rename(from, to) })
  }

  renameSync(from: string, to: string): void {
    this.#nameSync({ operation: 'rename', path: from, effect: () => this.#disk.rename(from, to) })
  }

  unlink(path: string): Promise<void> {
    return this.#name({ operation: 'unlink', path, effect: () => this.#disk.unlink(path) })
  }

  list(path: string): Promise<DirectoryEntry[]> {
    return this.#name({ operation: 'list', path, effect: () => this.#list(path) })
  }

  listSync(path: string): DirectoryEntry[] {
    return this.#nameSync({ operation: 'list', path, effect: () => this.#list(path) })
  }

  makeDirectory(path: string): Promise<void> {
    return this.#name({ operation: 'makeDirectory', path, effect: () => this.#disk.makeDirectory(path) })
  }

  makeDirectorySync(path: string): void {
    this.#nameSync({ operation: 'makeDirectory', path, effect: () => this.#disk.makeDirectory(path) })
  }

  removeDirectory(path: string): Promise<void> {
    return this.#name({ operation: 'removeDirectory', path, effect: () => this.#disk.removeDirectory(path) })
  }

  async syncDirectory(path: string): Promise<void> {
    const disk = this.#disk
    const { sequence } = disk
    await this.#calls.async({
      operation: 'syncDirectory',
      path,
      span: disk.latency.sync,
      effect: (fault) => {
        failOn(fault, path)
        const directory = disk.directory(path)
        if (fault?.kind === 'lost') return
        directory.sync(sequence)
        disk.changed('syncDirectory', path)
      },
    })
  }

  stat(path: string): Promise<FileStat | null> {
    return this.#name({ operation: 'stat', path, effect: () => this.#stat(path) })
  }

  statSync(path: string): FileStat | null {
    return this.#nameSync({ operation: 'stat', path, effect: () => this.#stat(path) })
  }

  volume(path: string): Promise<{ totalBytes: number; usableBytes: number }> {
    return this.#name({
      operation: 'stat',
      path,
      effect: () => {
        this.#disk.directory(path)
        const { capacityBytes, usedBytes } = this.#disk
        return { totalBytes: capacityBytes, usableBytes: Math.max(0, capacityBytes - usedBytes) }
      },
    })
  }

  lockDirectory(path: string): Promise<{ release(): Promise<void> }> {
    const { process } = this.#calls
    return this.#name({
      operation: 'open',
      path,
      effect: () => {
        const directory = this.#disk.directory(path)
        if (this.#locks.has(directory))
          throw new FileSystemError('ELOCKED', path, `${path} is in use by another process`)
        this.#locks.set(directory, process)
        return {
          release: async () => {
            if (this.#locks.get(directory) === process) this.#locks.delete(directory)
          },
        }
      },
    })
  }

  get #disk() {
    return this.#calls.disk
  }

  #nameSync<T>(call: NameCall<T>): T {
    return this.#calls.sync(this.#nameCall(call, AT_ONCE))
  }

  #name<T>(call: NameCall<T>): Promise<T> {
    return this.#calls.async(this.#nameCall(call, this.#disk.latency.other))
  }

  #nameCall<T>(call: NameCall<T>, span: DiskCall<T>['span']): DiskCall<T> {
    const { operation, path } = call
    return {
      operation,
      path,
      span,
      effect: (fault) => {
        failOn(fault, path)
        return call.effect()
      },
    }
  }

  #read(path: string, fault: FaultEffect | undefined): Buffer {
    const file = this.#disk.file(path)
    const bytes = Buffer.alloc(file.current.size)
    readFrom(this.#target(path, file), { into: bytes, position: 0 }, fault)
    return bytes
  }

  #write(path: string, data: Buffer, fault: FaultEffect | undefined): void {
    failOn(fault, path)
    const target = this.#target(path, this.#disk.createFile(path))
    truncateTo(target, 0, undefined)
    const written = writeTo(target, { data: Buffer.from(data), position: 0 }, fault)
    if (written < data.length) throw new FileSystemError('ENOSPC', path, `write of ${path} is short`)
  }

  #list(path: string): DirectoryEntry[] {
    return [...this.#disk.directory(path).current]
      .map(([name, node]) => ({ name, isDirectory: node.kind === 'directory' }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  #stat(path: string): FileStat | null {
    let node: FileNode | DirectoryNode | null
    try {
      node = this.#disk.find(path)
    } catch {
      return null
    }
    if (node === null) return null
    const isDirectory = node.kind === 'directory'
    return { sizeBytes: node.kind === 'file' ? node.current.size : 4096, modifiedMs: node.modifiedMs, isDirectory }
  }

  #target(path: string, file: FileNode) {
    const { process } = this.#calls
    return { disk: this.#disk, file, path, nowMs: process.host.wallMs(process.now) }
  }
}
