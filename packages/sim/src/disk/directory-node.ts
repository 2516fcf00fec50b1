import type { FileNode } from './file-node.ts'

export type DiskNode = FileNode | DirectoryNode

/** A change of names that is not on the disk. A rename is one change of up to two directories: it is there wholly or not at all. */
export interface NameChange {
  readonly sequence: number
  readonly entries: readonly {
    readonly directory: DirectoryNode
    readonly name: string
    readonly node: DiskNode | null
  }[]
}

/** A directory: names that a process sees, names that the disk holds, and what lies between. */
export class DirectoryNode {
  readonly kind = 'directory'
  readonly current = new Map<string, DiskNode>()
  readonly durable = new Map<string, DiskNode>()
  pending: NameChange[] = []
  modifiedMs = 0

  /** Makes the changes up to `sequence` durable, and with those that reach into another directory what went before them there. */
  sync(sequence: number): void {
    for (;;) {
      const change = this.pending[0]
      if (change === undefined || change.sequence > sequence) return
      this.pending.shift()
      for (const { directory } of change.entries) {
        if (directory === this || !directory.pending.includes(change)) continue
        directory.sync(change.sequence - 1)
        directory.pending = directory.pending.filter((other) => other !== change)
      }
      applyNames(change)
    }
  }

  /** What a process sees after the power came back. */
  reset(): void {
    this.current.clear()
    for (const [name, node] of this.durable) this.current.set(name, node)
    this.pending = []
  }
}

/** Applies the change to what the disk holds. */
export function applyNames(change: NameChange): void {
  for (const { directory, name, node } of change.entries) {
    if (node === null) directory.durable.delete(name)
    else directory.durable.set(name, node)
  }
}
