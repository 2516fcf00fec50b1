/**
 * What is on the disk after the power went: all that was synced, and of the rest whatever the seed says. Nothing promises
 * more: the kernel writes pages back in any order, disks reorder, and a sector is the largest unit that is written whole.
 */
import type { Prng } from '@ottla/stdx'
import { applyNames, DirectoryNode, type DiskNode, type NameChange } from './directory-node.ts'
import { applyChange, applyTorn, extendWithout, type FileNode } from './file-node.ts'

/**
 * What is kept of the changes that were not synced: nothing; everything; those before one moment; an arbitrary subset; an
 * arbitrary subset of the sectors of each write.
 */
export type PowerLossMode = 'none' | 'all' | 'prefix' | 'subset' | 'torn'

export const POWER_LOSS_MODES: readonly PowerLossMode[] = ['none', 'all', 'prefix', 'subset', 'torn']

/** Changes all nodes under `root` to what they are after the loss. */
export function losePower(root: DirectoryNode, mode: PowerLossMode, random: Prng): void {
  const nodes = nodesUnder(root)
  const lastKept = mode === 'prefix' ? lastSequenceOfPrefix(nodes, random) : 0
  const keepChance = random.pick([0.1, 0.5, 0.9])
  const keeps = (sequence: number): boolean =>
    mode === 'all' || (mode === 'prefix' && sequence <= lastKept) || (mode === 'subset' && random.chance(keepChance))
  for (const change of nameChanges(nodes)) {
    if (keeps(change.sequence) || (mode === 'torn' && random.chance(keepChance))) applyNames(change)
  }
  for (const node of nodes) {
    if (node.kind === 'file') {
      if (mode === 'torn') loseTorn(node, keepChance, random)
      else loseWhole(node, keeps, mode === 'subset' ? random : null)
    }
    node.reset()
  }
}

function loseWhole(file: FileNode, keeps: (sequence: number) => boolean, random: Prng | null): void {
  for (const change of file.pending) {
    if (keeps(change.sequence)) applyChange(file.durable, change)
    else if (random?.chance(0.3)) extendWithout(file.durable, change, random)
  }
}

function loseTorn(file: FileNode, keepChance: number, random: Prng): void {
  for (const change of file.pending) {
    if (random.chance(keepChance)) applyTorn(file.durable, change, random)
    if (random.chance(0.3)) extendWithout(file.durable, change, random)
  }
}

/** Everything that is reachable by what processes see or by what the disk holds. */
function nodesUnder(root: DirectoryNode): Set<DiskNode> {
  const nodes = new Set<DiskNode>([root])
  for (const node of nodes) {
    if (!(node instanceof DirectoryNode)) continue
    for (const child of node.current.values()) nodes.add(child)
    for (const child of node.durable.values()) nodes.add(child)
    // A name may have come and gone again since the last sync; its coming alone may survive.
    for (const change of node.pending) for (const entry of change.entries) if (entry.node) nodes.add(entry.node)
  }
  return nodes
}

function nameChanges(nodes: Set<DiskNode>): NameChange[] {
  const changes = new Set<NameChange>()
  for (const node of nodes) if (node.kind === 'directory') for (const change of node.pending) changes.add(change)
  return [...changes].sort((a, b) => a.sequence - b.sequence)
}

function lastSequenceOfPrefix(nodes: Set<DiskNode>, random: Prng): number {
  const sequences: number[] = []
  for (const node of nodes) for (const change of node.pending) sequences.push(change.sequence)
  sequences.sort((a, b) => a - b)
  return sequences.length === 0 ? 0 : (sequences[random.below(sequences.length)] as number) - random.below(2)
}
