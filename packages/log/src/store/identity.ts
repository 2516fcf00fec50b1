/** Whose the data folders are: all of one node of one cluster. Folders without an identity get one. */

import { offlineError } from '../io-error.ts'
import { LogError } from '../log-error.ts'
import type { LogResources } from '../log-resources.ts'
import type { LogDirectory } from './log-directory.ts'
import type { MetaProperties } from './meta-properties.ts'

export interface IdentityOptions {
  readonly resources: LogResources
  readonly nodeId: number
  readonly clusterId?: string
}

/** Opens the folders and returns the cluster id. A folder that cannot be read has its error set; a wrong one throws. */
export async function establishIdentity(
  directories: readonly LogDirectory[],
  options: IdentityOptions,
): Promise<string> {
  const found: { directory: LogDirectory; meta: MetaProperties | null }[] = []
  for (const directory of directories) {
    try {
      found.push({ directory, meta: await directory.open() })
    } catch (error) {
      directory.error = folderError(directory, error)
    }
  }
  let { clusterId } = options
  for (const { directory, meta } of found) {
    if (meta === null) continue
    if (meta.nodeId !== undefined && meta.nodeId !== options.nodeId) {
      throw new LogError('WRONG_FOLDER', `${directory.path} belongs to node ${meta.nodeId}, this is ${options.nodeId}`)
    }
    clusterId ??= meta.clusterId
    if (meta.clusterId !== undefined && meta.clusterId !== clusterId) {
      throw new LogError('WRONG_FOLDER', `${directory.path} belongs to cluster ${meta.clusterId}, not ${clusterId}`)
    }
  }
  clusterId ??= options.resources.env.random.uuid()
  for (const { directory, meta } of found) {
    try {
      await complete(directory, meta, { ...options, clusterId })
    } catch (error) {
      directory.error = folderError(directory, error)
    }
  }
  return clusterId
}

/** Writes what is missing: all of a new folder's, or the directory id that older releases did not have. */
async function complete(
  directory: LogDirectory,
  meta: MetaProperties | null,
  options: IdentityOptions & { clusterId: string },
): Promise<void> {
  const directoryId = meta?.directoryId ?? options.resources.env.random.uuid()
  directory.directoryId = directoryId
  if (meta?.directoryId !== undefined && meta.clusterId !== undefined && meta.nodeId !== undefined) return
  const { nodeId, clusterId } = options
  await directory.writeMeta({ version: meta?.version ?? 1, nodeId: meta?.nodeId ?? nodeId, clusterId, directoryId })
}

/** A folder of somebody else, or one that is in use, is a mistake to be told; one that cannot be read has failed. */
function folderError(directory: LogDirectory, error: unknown): LogError {
  if (error instanceof LogError) throw error
  const failure = offlineError(`opening ${directory.path}`, error)
  if ((error as { code?: string }).code === 'ELOCKED') {
    throw new LogError('WRONG_FOLDER', `${directory.path} is in use by another process`, error)
  }
  return failure
}
