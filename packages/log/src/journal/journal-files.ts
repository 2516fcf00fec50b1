/** The files of a folder's journal. Apache Kafka looks at no plain file of that name. */
import type { FileHandle, FileSystem } from '@ottla/env'
import { readJournalVersion } from './journal-format.ts'

const PREFIX = '.ottla-journal-'
const NAME = /^\.ottla-journal-(\d{1,3})$/
/** Zeros over the beginning of a file take the records of its last pass away. */
const EMPTY_BYTES = 512
/**
 * As much as a usual record of the journal. With larger writes Linux keeps the file in larger folios, and counts all of a folio as written for each
 * record in it: write_bytes of the process, and what it throttles writers by, came to 60 bytes a byte instead of 2 (ext4, 6.18).
 */
const FILL_BYTES = 16 << 10

export function journalPath(folder: string, index: number): string {
  return `${folder}/${PREFIX}${index}`
}

/** Paths of the journal's files among the names of a folder. */
export function journalPathsIn(folder: string, names: readonly string[]): string[] {
  return names.filter((name) => NAME.test(name)).map((name) => `${folder}/${name}`)
}

/** Makes the file as long as it is to be, of blocks that exist: syncing what is written over them changes no metadata. */
export async function makeJournalFile(files: FileSystem, path: string, sizeBytes: number): Promise<FileHandle> {
  const handle = files.openSync(path, 'create')
  try {
    if (handle.sizeSync() !== sizeBytes) {
      handle.truncateSync(0)
      const zeros = Buffer.alloc(Math.min(FILL_BYTES, sizeBytes))
      for (let position = 0; position < sizeBytes; ) {
        const count = await handle.writev([zeros.subarray(0, sizeBytes - position)], position)
        if (count === 0) break
        position += count
      }
      await handle.dataSync()
      await files.syncDirectory(path.slice(0, path.lastIndexOf('/')))
    }
    return handle
  } catch (error) {
    handle.closeSync()
    throw error
  }
}

/** No record is found in the file any more, even after a loss of power. */
export async function emptyJournalFile(handle: FileHandle): Promise<void> {
  const zeros = Buffer.alloc(Math.min(EMPTY_BYTES, handle.sizeSync()))
  if (zeros.length === 0) return
  handle.writevSync([zeros], 0)
  await handle.dataSync()
}

/** A clean stop left nothing to write again: records that are there all the same are from before somebody else used the folder. */
export async function dropStaleRecords(files: FileSystem, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const handle = files.openSync(path, 'r+')
    try {
      const head = Buffer.alloc(8)
      handle.readSync(head, 0, head.length, 0)
      if (readJournalVersion(head, 0) !== null) await emptyJournalFile(handle)
    } finally {
      handle.closeSync()
    }
  }
}
