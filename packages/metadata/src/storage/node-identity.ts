/** Which node of which cluster the data folders belong to: what meta.properties says, held against the settings. */
import type { BrokerConfig } from '@ottla/config'
import { type FileSystem, FileSystemError } from '@ottla/env'
import { META_PROPERTIES, type MetaProperties, parseMetaProperties } from '@ottla/log'
import { MetadataError } from '../metadata-error.ts'

/** The id of a node whose settings and folders name none. */
export const DEFAULT_NODE_ID = 1

/** A data folder, and what it says of itself; null when it was never formatted nor used. */
export interface FolderIdentity {
  readonly directory: string
  readonly meta: MetaProperties | null
}

/** Reads meta.properties of each folder. Throws MetadataError CORRUPT for one that cannot be understood. */
export async function readIdentities(files: FileSystem, directories: readonly string[]): Promise<FolderIdentity[]> {
  return Promise.all(directories.map(async (directory) => ({ directory, meta: await readMeta(files, directory) })))
}

async function readMeta(files: FileSystem, directory: string): Promise<MetaProperties | null> {
  const path = `${directory}/${META_PROPERTIES}`
  let content: Buffer
  try {
    content = await files.readFile(path)
  } catch (error) {
    if (error instanceof FileSystemError && error.code === 'ENOENT') return null
    throw error
  }
  try {
    return parseMetaProperties(content)
  } catch (error) {
    throw new MetadataError('CORRUPT', `${path} cannot be read: ${(error as Error).message}`, error)
  }
}

/**
 * The node's id: the folders' when they have one, else the settings', else {@link DEFAULT_NODE_ID}. Throws MetadataError
 * IDENTITY_MISMATCH when the settings name another one, or folders disagree.
 */
export async function resolveNodeId(
  files: FileSystem,
  config: BrokerConfig,
  directories: readonly string[],
): Promise<number> {
  let known: { readonly nodeId: number; readonly from: string } | undefined =
    config.nodeId === null ? undefined : { nodeId: config.nodeId, from: config.file }
  for (const { directory, meta } of await readIdentities(files, directories)) {
    const nodeId = meta?.nodeId
    if (nodeId === undefined) continue
    known ??= { nodeId, from: directory }
    if (nodeId !== known.nodeId) {
      const message = `${directory}/${META_PROPERTIES} belongs to node ${nodeId}, but ${known.from} says ${known.nodeId}`
      throw new MetadataError('IDENTITY_MISMATCH', message)
    }
  }
  return known?.nodeId ?? DEFAULT_NODE_ID
}
