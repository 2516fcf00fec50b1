/**
 * Whether the machine was started again since the data folder was last used. If not, everything that was ever written is
 * there, synced or not, and a hole in a log is damage; if so, what was not synced may be gone in any order.
 */
import { type FileSystem, FileSystemError } from '@ottla/env'

export const BOOT_MARKER = '.ottla-boot'
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

/** Compares with the boot that last used the folder, and notes the present one. */
export async function noteBoot(
  files: FileSystem,
  folder: string,
  bootId: string | null,
): Promise<'kept' | 'lost' | 'unknown'> {
  const path = `${folder}/${BOOT_MARKER}`
  let last: string | null = null
  try {
    last = (await files.readFile(path)).toString().trim()
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error
  }
  if (bootId === null) return 'unknown'
  // Not synced: when it is lost with the power, nothing is known, and nothing wrong is believed.
  if (last !== bootId) await files.writeFile(path, Buffer.from(`${bootId}\n`))
  if (last === null || last === '') return 'unknown'
  return last === bootId ? 'kept' : 'lost'
}
