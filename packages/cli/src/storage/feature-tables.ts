/** kafka-storage version-mapping and feature-dependencies: which feature levels go with a release, and which need which. */
import {
  FEATURES,
  METADATA_VERSION,
  METADATA_VERSION_LATEST,
  METADATA_VERSIONS,
  metadataVersionLevel,
  metadataVersionName,
} from '@ottla/metadata'
import { ToolError } from '../options/usage-error.ts'

/** In the order of Kafka's tool; others follow. */
export const OTHER_FEATURES = [
  'kraft.version',
  'transaction.version',
  'group.version',
  'eligible.leader.replicas.version',
  'share.version',
  'streams.version',
]
/** The one level that needs another: ELR needs 4.0-IV1. */
const NEEDS: Readonly<Record<string, number>> = { 'eligible.leader.replicas.version=1': 23 }

export function unknownRelease(release: string): string {
  const names = METADATA_VERSIONS.map(({ name }) => name).join(', ')
  return `Unknown metadata.version '${release}'. Supported metadata.version are: ${names}`
}

export function versionMapping(release: string | undefined): string {
  const level = release === undefined ? METADATA_VERSION_LATEST : metadataVersionLevel(release)
  const row = METADATA_VERSIONS.find((one) => one.level === level)
  if (row === undefined || level === undefined) {
    throw new ToolError(unknownRelease(String(release)))
  }
  const others = Object.keys(row.featureDefaults).filter((name) => !OTHER_FEATURES.includes(name))
  const lines = [...OTHER_FEATURES, ...others].map((name) => `${name}=${row.featureDefaults[name] ?? 0}\n`)
  return `${METADATA_VERSION}=${level} (${release ?? row.name})\n${lines.join('')}`
}

export function unsupportedLevel(name: string, level: number): string {
  return `Feature level ${level} is not supported for feature ${name}`
}

export function unknownLevel(name: string, level: number): string {
  return `No feature:${name} with feature level ${level}`
}

/** For one `feature=level`. `problem`: how a level that there is not is told. */
export function dependencies(feature: string, problem: (name: string, level: number) => string): string {
  const [name = '', text = ''] = feature.split('=')
  const level = Number(text)
  if (!/^\d+$/.test(text)) throw new ToolError(`Can't parse feature=level string ${feature}: equals sign not found.`)
  const isMetadata = name === METADATA_VERSION
  if (!isMetadata && !FEATURES.some((row) => row.name === name)) throw new ToolError(`Unknown feature: ${name}`)
  const max = isMetadata
    ? METADATA_VERSION_LATEST
    : Math.max(0, ...METADATA_VERSIONS.map((row) => row.featureDefaults[name] ?? 0))
  if (level > max) throw new ToolError(problem(name, level))
  const shown = isMetadata ? `${feature} (${metadataVersionName(level)})` : feature
  const needed = NEEDS[feature]
  if (needed === undefined) return `${shown} has no dependencies.\n`
  return `${shown} requires:\n    ${METADATA_VERSION}=${needed} (${metadataVersionName(needed)})\n`
}
