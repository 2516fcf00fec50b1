/**
 * Whether the machine was started again since the data folder was last used. If not, everything that was ever written is
 * there, synced or not, and a hole in a log is damage; if so, what was not synced may be gone in any order.
 */
import { type FileSystem, FileSystemError, writeFileAtomic } from '@ottla/env'
import { readIfPresent } from '../index/index-files.ts'

const BOOT_MARKER = '.ottla-boot'
/** Linux: a random id of the running kernel. */
const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id'

/** The id of this boot; null where the system does not tell. */
export async function readBootId(files: FileSystem): Promise<string | null> {
  try {
    return (await files.readFile(BOOT_ID_PATH)).toString().trim()
  } catch (error) {
    if (error instanceof FileSystemError) return null
    throw error
  }
}

/** Compares this boot with the one in which the folder was last whole. */
export async function compareBoot(
  files: FileSystem,
  folder: string,
  bootId: string | null,
): Promise<'kept' | 'lost' | 'unknown'> {
  const content = await readIfPresent(files, `${folder}/${BOOT_MARKER}`)
  const last = content === null ? '' : content.toString().trim()
  if (bootId === null || last === '') return 'unknown'
  return last === bootId ? 'kept' : 'lost'
}

/**
 * Notes this boot. Only once every log was recovered: until then holes that an earlier loss of power left may still be found,
 * and must not be taken for damage.
 */
export async function noteBoot(files: FileSystem, folder: string, bootId: string): Promise<void> {
  await writeFileAtomic(files, `${folder}/${BOOT_MARKER}`, Buffer.from(`${bootId}\n`))
}
