/**
 * What `kafka-storage format` does: gives data folders an identity and writes down the feature levels that the cluster
 * is to begin with. A new folder works without; format is for choosing cluster id and levels.
 */
import { type Env, writeFileAtomic } from '@ottla/env'
import { formatMetaProperties, META_PROPERTIES } from '@ottla/log'
import type { MetadataRecord } from '@ottla/protocol'
import { MetadataError } from '../metadata-error.ts'
import { checkpointBatches } from '../store/checkpoint-file.ts'
import { BOOTSTRAP_CHECKPOINT } from '../store/embedded-store.ts'
import { bootstrapRecords } from './bootstrap-records.ts'
import { makeDurableDirectory } from './durable-directory.ts'
import { readIdentities } from './node-identity.ts'

export interface FormatOptions {
  readonly clusterId: string
  readonly nodeId: number
  /** log.dirs, absolute. */
  readonly directories: readonly string[]
  /** metadata.log.dir, absolute. */
  readonly metadataDirectory: string
  /** As `4.3` or `4.3-IV0`; default: the newest. */
  readonly releaseVersion?: string
  /** Levels asked for one by one; metadata.version may be among them when `releaseVersion` is not given. */
  readonly features?: ReadonlyMap<string, number>
  /** What to do with folders that are formatted already: refuse all, or leave those as they are. */
  readonly whenFormatted?: 'refuse' | 'skip'
}

export interface FormatResult {
  readonly metadataVersion: number
  /** Folders that were formatted. */
  readonly formatted: readonly { readonly directory: string; readonly kind: 'metadata' | 'data' }[]
  /** Folders that were left as they are. */
  readonly skipped: readonly string[]
}

/** Throws MetadataError: INVALID_FORMAT for levels that cannot be, IDENTITY_MISMATCH for folders in use. */
export async function formatStorage(env: Env, options: FormatOptions): Promise<FormatResult> {
  const records = bootstrapRecords(options)
  const directories = [...new Set([options.metadataDirectory, ...options.directories])]
  const identities = await readIdentities(env.files, directories)
  const used = identities.filter(({ meta }) => meta !== null)
  for (const { directory, meta } of used) {
    if (options.whenFormatted !== 'skip') {
      const message = `Log directory ${directory} is already formatted. Use --ignore-formatted to ignore this directory and format the others.`
      throw new MetadataError('IDENTITY_MISMATCH', message)
    }
    if (meta?.clusterId !== undefined && meta.clusterId !== options.clusterId) {
      const message = `${directory} belongs to cluster ${meta.clusterId}, not to ${options.clusterId}`
      throw new MetadataError('IDENTITY_MISMATCH', message)
    }
  }
  const formatted: { directory: string; kind: 'metadata' | 'data' }[] = []
  for (const { directory, meta } of identities) {
    if (meta !== null) continue
    const kind = directory === options.metadataDirectory ? 'metadata' : 'data'
    await formatFolder(env, directory, { ...options, records })
    formatted.push({ directory, kind })
  }
  return { metadataVersion: levelOf(records), formatted, skipped: used.map(({ directory }) => directory) }
}

/** The identity comes last: a folder with one is whole. */
async function formatFolder(
  { files, clock, random }: Env,
  directory: string,
  { clusterId, nodeId, records }: FormatOptions & { readonly records: readonly MetadataRecord[] },
): Promise<void> {
  await makeDurableDirectory(files, directory)
  const batches = checkpointBatches(records, { nowMs: clock.now(), lastTimestampMs: 0, epoch: 0 })
  await writeFileAtomic(files, `${directory}/${BOOTSTRAP_CHECKPOINT}`, Buffer.concat([...batches]))
  const meta = formatMetaProperties({ version: 1, clusterId, nodeId, directoryId: random.uuid() })
  await writeFileAtomic(files, `${directory}/${META_PROPERTIES}`, meta)
}

function levelOf(records: readonly MetadataRecord[]): number {
  const [first] = records
  return first?.kind === 'FeatureLevelRecord' ? first.value.featureLevel : 0
}
