/** What lies in a partition's folder, and the tidying that comes before it can be opened. */
import type { FileSystem } from '@ottla/env'
import { nextOffset } from '@ottla/protocol'
import { removeIfPresent } from '../index/index-files.ts'
import { scanBatches } from '../segment/batch-scan.ts'
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  fileName,
  INDEX_SUFFIXES,
  LOG_SUFFIX,
  parseFileName,
  type SegmentFileName,
  SNAPSHOT_SUFFIX,
  SWAP_SUFFIX,
} from '../segment/file-names.ts'

export interface FolderContent {
  /** Base offsets of segments, ascending. */
  readonly segments: readonly number[]
  /** Offsets of producer snapshots, ascending. */
  readonly snapshots: readonly number[]
  readonly names: ReadonlySet<string>
}

/** Ends what a removal or a cleaner had begun, removes index files without a log, and lists what is left. */
export async function tidyFolder(files: FileSystem, folder: string): Promise<FolderContent> {
  const found = await listFiles(files, folder)
  const unlink = (name: string): Promise<void> => removeIfPresent(files, `${folder}/${name}`)
  const cleaned = found.filter((file) => file.state === CLEANED_SUFFIX)
  for (const { name } of found.filter((file) => file.state === DELETED_SUFFIX)) await unlink(name)
  // A cleaner that was stopped while it still wrote: its swaps from there on have no complete successor.
  const minCleaned = Math.min(...cleaned.map((file) => file.baseOffset))
  for (const { name } of cleaned) await unlink(name)
  const swaps = found.filter((file) => file.state === SWAP_SUFFIX)
  for (const { name } of swaps.filter((file) => file.baseOffset >= minCleaned)) await unlink(name)
  const isWhole = (file: FoundFile): boolean =>
    swaps.some((each) => each.kind === LOG_SUFFIX && each.baseOffset === file.baseOffset)
  // An index alone is what a crash left of an exchange that was over, or that never began.
  for (const { name } of swaps.filter((file) => file.baseOffset < minCleaned && !isWhole(file))) await unlink(name)
  const finished = swaps.filter((file) => file.baseOffset < minCleaned && isWhole(file))
  if (finished.length > 0) await finishSwaps(files, folder, finished)

  const files2 = found.length === 0 ? [] : (await listFiles(files, folder)).filter((file) => file.state === '')
  const segments = files2.filter((file) => file.kind === LOG_SUFFIX).map((file) => file.baseOffset)
  const names = new Set(files2.map((file) => file.name))
  for (const file of files2) {
    if (!INDEX_SUFFIXES.includes(file.kind) || segments.includes(file.baseOffset)) continue
    await unlink(file.name)
    names.delete(file.name)
  }
  const snapshots = files2.filter((file) => file.kind === SNAPSHOT_SUFFIX).map((file) => file.baseOffset)
  return { segments, snapshots, names }
}

/** Offsets of producer snapshots, ascending. */
export async function listSnapshots(files: FileSystem, folder: string): Promise<number[]> {
  const found = await listFiles(files, folder)
  return found.filter((file) => file.state === '' && file.kind === SNAPSHOT_SUFFIX).map((file) => file.baseOffset)
}

interface FoundFile extends SegmentFileName {
  readonly name: string
}

async function listFiles(files: FileSystem, folder: string): Promise<FoundFile[]> {
  const found: FoundFile[] = []
  for (const { name, isDirectory } of await files.list(folder)) {
    const parsed = isDirectory ? null : parseFileName(name)
    if (parsed !== null) found.push({ ...parsed, name })
  }
  return found.sort((a, b) => a.baseOffset - b.baseOffset)
}

/** Cleaned segments that were complete take the place of those whose offsets they cover. */
async function finishSwaps(files: FileSystem, folder: string, swaps: readonly FoundFile[]): Promise<void> {
  for (const swap of swaps.filter((file) => file.kind === LOG_SUFFIX)) {
    const end = await endOfSegment(files, `${folder}/${swap.name}`, swap.baseOffset)
    for (const file of await listFiles(files, folder)) {
      const isReplaced = file.baseOffset >= swap.baseOffset && file.baseOffset < end
      if (file.state === '' && isReplaced && file.kind !== SNAPSHOT_SUFFIX) {
        await removeIfPresent(files, `${folder}/${file.name}`)
      }
    }
  }
  // None of them may come back once no .swap says any more that they were replaced.
  await files.syncDirectory(folder)
  for (const swap of swaps)
    await files.rename(`${folder}/${swap.name}`, `${folder}/${fileName(swap.baseOffset, swap.kind)}`)
  await files.syncDirectory(folder)
}

async function endOfSegment(files: FileSystem, path: string, baseOffset: number): Promise<number> {
  const handle = files.openSync(path, 'r')
  try {
    let end = baseOffset + 1
    const range = { from: 0, to: handle.sizeSync(), minOffset: baseOffset, checksums: 'trust' as const }
    await scanBatches(handle, range, (buf, pos) => {
      end = nextOffset(buf, pos)
    })
    return end
  } finally {
    handle.closeSync()
  }
}
