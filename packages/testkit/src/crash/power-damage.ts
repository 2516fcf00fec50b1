/**
 * Two outcomes of a loss of power that chance alone brings too seldom. Both lie within what nobody promises: only bytes that were never
 * synced are touched, and a sector is whole.
 */
import type { SimDisk } from '@ottla/sim'
import type { Prng } from '@ottla/stdx'

type FileNode = ReturnType<SimDisk['file']>

const SECTOR_BYTES = 512
const HEADER_BYTES = 61
const OFFSET_ENTRY_BYTES = 8
const TIME_ENTRY_BYTES = 12
const EARLIER_MS = 20_000

/**
 * Just before the power goes: of the first write to each log that was not synced the first sector arrives and the size, and something
 * in its middle does not. The header of a batch is there then, and its content is not.
 */
export function tearLogs(disk: SimDisk, random: Prng): number {
  let torn = 0
  for (const { file, keepName } of filesUnder(disk, '/data', '.log')) {
    const [change] = file.pending
    if (change?.kind !== 'write' || change.position !== file.durable.size) continue
    const { position, data } = change
    const from = Math.ceil((position + HEADER_BYTES) / SECTOR_BYTES) * SECTOR_BYTES - position
    if (from >= data.length - 1) continue
    const damaged = Buffer.from(data)
    const length = random.between(1, Math.min(SECTOR_BYTES, data.length - from))
    if (random.chance(0.5)) damaged.fill(0, from, from + length)
    else random.bytes(length).copy(damaged, from)
    file.durable.write(position, damaged)
    keepName()
    torn++
  }
  return torn
}

/**
 * Just before the power goes: indexes that were not synced arrive in full and are wrong, in a way that a look at their ends does not show.
 * Offsets lead to other positions, and times are too early, so that lookups by time pass over the segment.
 */
export function scrambleIndexes(disk: SimDisk, random: Prng): number {
  let scrambled = 0
  for (const file of filesUnder(disk, '/data', '.index'))
    scrambled += rewrite(file, (content) => swapPositions(content, random))
  for (const file of filesUnder(disk, '/data', '.timeindex')) scrambled += rewrite(file, makeEarlier)
  return scrambled
}

/** Gives 1 when the file was changed. */
function rewrite({ file, keepName }: FoundFile, change: (content: Buffer) => boolean): number {
  if (file.pending.length === 0) return 0
  const content = Buffer.from(file.current.bytes)
  if (!change(content)) return 0
  file.durable.truncate(0)
  file.durable.write(0, content)
  keepName()
  return 1
}

function swapPositions(content: Buffer, random: Prng): boolean {
  const { length } = content
  if (length < 2 * OFFSET_ENTRY_BYTES || length % OFFSET_ENTRY_BYTES !== 0) return false
  const lastPosition = content.readInt32BE(length - 4)
  if (lastPosition < 0) return false
  for (let at = 0; at < length - OFFSET_ENTRY_BYTES; at += OFFSET_ENTRY_BYTES) {
    content.writeInt32BE(random.below(lastPosition + 1), at + 4)
  }
  return true
}

function makeEarlier(content: Buffer): boolean {
  const { length } = content
  if (length === 0 || length % TIME_ENTRY_BYTES !== 0) return false
  // The upper half of the timestamp stays: 2^32 ms are 50 days.
  for (let at = 0; at < length; at += TIME_ENTRY_BYTES) {
    content.writeUInt32BE(Math.max(0, content.readUInt32BE(at + 4) - EARLIER_MS), at + 4)
  }
  return true
}

interface FoundFile {
  readonly file: FileNode
  /** The name arrives, synced or not. */
  readonly keepName: () => void
}

function filesUnder(disk: SimDisk, path: string, suffix: string): FoundFile[] {
  const node = disk.find(path)
  if (node === null || node.kind === 'file') return []
  return [...node.current].flatMap(([name, child]) => {
    if (child.kind === 'directory') return filesUnder(disk, `${path}/${name}`, suffix)
    const keepName = (): void => {
      node.durable.set(name, child)
    }
    return name.endsWith(suffix) ? [{ file: child, keepName }] : []
  })
}
