/** kafka-storage format. */
import { resolve } from 'node:path'
import type { BrokerConfig } from '@ottla/config'
import {
  bootstrapRecords,
  type FormatOptions,
  formatStorage,
  METADATA_VERSION,
  metadataVersionName,
  readIdentities,
  resolveNodeId,
} from '@ottla/metadata'
import type { MetadataRecord } from '@ottla/protocol'
import { type Io, printLine } from '../io.ts'
import { ToolError } from '../options/usage-error.ts'
import type { StorageValues } from './storage-arguments.ts'

export async function format(config: BrokerConfig, values: StorageValues, io: Io): Promise<number> {
  refuseWhatIsNotThere(values)
  const clusterId = values.one('cluster-id')
  const directories = config.logDirs.map((directory) => resolve(io.workingDirectory, directory))
  const metadataDirectory = resolve(io.workingDirectory, config.metadataLogDir)
  const all = [...new Set([metadataDirectory, ...directories])]
  for (const { directory, meta } of await readIdentities(io.env.files, all)) {
    if (meta?.clusterId === undefined || meta.clusterId === clusterId) continue
    throw new ToolError(
      `Invalid cluster.id in: ${directory}/meta.properties. Expected ${clusterId}, but read ${meta.clusterId}`,
    )
  }
  const releaseVersion = values.optional('release-version')
  const levels = {
    features: parseFeatures(values.all('feature')),
    ...(releaseVersion === undefined ? {} : { releaseVersion }),
  }
  const options: FormatOptions = {
    ...levels,
    clusterId,
    nodeId: await resolveNodeId(io.env.files, config, all),
    directories,
    metadataDirectory,
    whenFormatted: values.has('ignore-formatted') ? 'skip' : 'refuse',
  }
  const { formatted, metadataVersion } = await formatStorage(io.env, options)
  if (formatted.length === 0) {
    printLine(io.stdout, 'All of the log directories are already formatted.')
    return 0
  }
  printLine(io.stdout, bootstrapLine(bootstrapRecords(levels)))
  const name = metadataVersionName(metadataVersion)
  for (const { directory, kind } of formatted) {
    printLine(io.stdout, `Formatting ${kindPhrase(kind, values)} ${directory} with ${METADATA_VERSION} ${name}.`)
  }
  return 0
}

function refuseWhatIsNotThere(values: StorageValues): void {
  if (values.has('add-scram')) throw new ToolError('--add-scram is not there yet: SCRAM comes with the security step.')
  if (values.has('initial-controllers')) {
    throw new ToolError('--initial-controllers is not there yet: this node is its own and only controller.')
  }
}

function parseFeatures(args: readonly string[]): Map<string, number> {
  const features = new Map<string, number>()
  for (const arg of args) {
    const match = /^([^=]+)=(\d+)$/.exec(arg)
    if (match === null) throw new ToolError(`Can't parse feature=level string ${arg}: equals sign or level not found.`)
    features.set(match[1]!, Number(match[2]))
  }
  return features
}

function kindPhrase(kind: 'metadata' | 'data', values: StorageValues): string {
  if (kind === 'data') return 'data directory'
  return values.has('standalone') ? 'dynamic metadata voter directory' : 'metadata directory'
}

/** The records that the folder begins with, as Kafka's tool shows them. */
function bootstrapLine(records: readonly MetadataRecord[]): string {
  const shown = records.map((record) => {
    if (record.kind !== 'FeatureLevelRecord') return record.kind
    const { name, featureLevel } = record.value
    return `ApiMessageAndVersion(FeatureLevelRecord(name='${name}', featureLevel=${featureLevel}) at version 0)`
  })
  const first = records[0]
  const level = first?.kind === 'FeatureLevelRecord' ? first.value.featureLevel : 0
  return `Bootstrap metadata: BootstrapMetadata(records=[${shown.join(', ')}], metadataVersionLevel=${level}, source=format command)`
}
