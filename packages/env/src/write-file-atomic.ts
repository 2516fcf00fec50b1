import { type FileHandle, type FileSystem, FileSystemError } from './file-system.ts'

/**
 * Replaces the file: after a crash at any moment it holds either the old or the new content. Written beside it as `<path>.tmp`,
 * synced, renamed, and the folder synced. Calls for one path must not overlap. When it fails before the rename the old file is untouched.
 */
export async function writeFileAtomic(files: FileSystem, path: string, data: Buffer): Promise<void> {
  const temporary = `${path}.tmp`
  const handle = files.openSync(temporary, 'create')
  try {
    handle.truncateSync(0)
    await writeAll(handle, data)
    await handle.dataSync()
  } finally {
    handle.closeSync()
  }
  await files.rename(temporary, path)
  await files.syncDirectory(directoryOf(path))
}

async function writeAll(handle: FileHandle, data: Buffer): Promise<void> {
  for (let position = 0; position < data.length; ) {
    const written = await handle.writev([data.subarray(position)], position)
    if (written === 0) throw new FileSystemError('EIO', handle.path, `write of ${handle.path} makes no progress`)
    position += written
  }
}

function directoryOf(path: string): string {
  const end = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'))
  return end <= 0 ? '/' : path.slice(0, end)
}
