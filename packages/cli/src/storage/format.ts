/** kafka-storage format. */
import { resolve } from 'node:path'
import type { BrokerConfig } from '@ottla/config'
import {
  bootstrapRecords,
  FEATURES,
  type FormatOptions,
  formatStorage,
  METADATA_VERSION,
  METADATA_VERSIONS,
  metadataVersionName,
  readIdentities,
  resolveNodeId,
} from '@ottla/metadata'
import type { MetadataRecord } from '@ottla/protocol'
import { type Io, printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError } from '../options/usage-error.ts'
import { unknownLevel } from './feature-tables.ts'

export async function format(config: BrokerConfig, options: ParsedOptions, io: Io): Promise<number> {
  refuseWhatIsNotThere(config, options)
  const clusterId = options.required('cluster-id')
  const directories = config.logDirs.map((directory) => resolve(io.workingDirectory, directory))
  const metadataDirectory = resolve(io.workingDirectory, config.metadataLogDir)
  const all = [...new Set([metadataDirectory, ...directories])]
  for (const { directory, meta } of await readIdentities(io.env.files, all)) {
    if (meta?.clusterId === undefined || meta.clusterId === clusterId) continue
    throw new ToolError(
      `Invalid cluster.id in: ${directory}/meta.properties. Expected ${clusterId}, but read ${meta.clusterId}`,
    )
  }
  const releaseVersion = options.value('release-version')
  if (
    releaseVersion !== undefined &&
    options.values('feature').some((text) => text.startsWith(`${METADATA_VERSION}=`))
  ) {
    throw new ToolError('Use --release-version instead of --feature metadata.version=X to avoid ambiguity.')
  }
  const levels = {
    features: parseFeatures(options.values('feature')),
    ...(releaseVersion === undefined ? {} : { releaseVersion }),
  }
  const wanted: FormatOptions = {
    ...levels,
    clusterId,
    nodeId: await resolveNodeId(io.env.files, config, all),
    directories,
    metadataDirectory,
    whenFormatted: options.has('ignore-formatted') ? 'skip' : 'refuse',
  }
  const { formatted, metadataVersion } = await formatStorage(io.env, wanted)
  if (formatted.length === 0) {
    printLine(io.stdout, 'All of the log directories are already formatted.')
    return 0
  }
  printLine(io.stdout, bootstrapLine(bootstrapRecords(levels)))
  const name = metadataVersionName(metadataVersion)
  for (const { directory, kind } of formatted) {
    printLine(io.stdout, `Formatting ${kindPhrase(kind, options)} ${directory} with ${METADATA_VERSION} ${name}.`)
  }
  return 0
}

function refuseWhatIsNotThere(config: BrokerConfig, options: ParsedOptions): void {
  const isDynamic = options.has('standalone') || options.has('initial-controllers')
  if (isDynamic && config.values['controller.quorum.voters'].length > 0) {
    throw new ToolError(
      'You cannot specify controller.quorum.voters and format the node with --initial-controllers or --standalone. If you want to use dynamic quorum, please remove controller.quorum.voters and specify controller.quorum.bootstrap.servers instead.',
    )
  }
  if (options.has('add-scram')) throw new ToolError('--add-scram is not there yet: SCRAM comes with the security step.')
  if (options.has('initial-controllers')) {
    throw new ToolError('--initial-controllers is not there yet: this node is its own and only controller.')
  }
}

function parseFeatures(args: readonly string[]): Map<string, number> {
  const features = new Map<string, number>()
  for (const arg of args) {
    const match = /^([^=]+)=(\d+)$/.exec(arg)
    if (match === null) throw new ToolError(`Can't parse feature=level string ${arg}: equals sign not found.`)
    const [name, level] = [match[1]!, Number(match[2])]
    checkFeature(name, level)
    features.set(name, level)
  }
  return features
}

/** Throws ToolError. */
function checkFeature(name: string, level: number): void {
  if (name === METADATA_VERSION) return
  const known = FEATURES.find((feature) => feature.name === name)
  if (known === undefined) {
    const names = FEATURES.map((feature) => feature.name).filter((other) => other !== METADATA_VERSION)
    throw new ToolError(`Unsupported feature: ${name}. Supported features are: ${names.sort().join(', ')}`)
  }
  const max = Math.max(0, ...METADATA_VERSIONS.map(({ featureDefaults }) => featureDefaults[name] ?? 0))
  if (level > max) throw new ToolError(unknownLevel(name, level))
}

function kindPhrase(kind: 'metadata' | 'data', options: ParsedOptions): string {
  if (kind === 'data') return 'data directory'
  return options.has('standalone') ? 'dynamic metadata voter directory' : 'metadata directory'
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
