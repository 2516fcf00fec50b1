import type { FileSystem } from '@ottla/env'

/** Makes a folder whose name survives a loss of power, as do the names of those above it that had to be made. */
export async function makeDurableDirectory(files: FileSystem, path: string): Promise<void> {
  if ((await files.stat(path)) !== null) return
  const parent = path.slice(0, path.lastIndexOf('/')) || '/'
  await makeDurableDirectory(files, parent)
  await files.makeDirectory(path)
  await files.syncDirectory(parent)
}
