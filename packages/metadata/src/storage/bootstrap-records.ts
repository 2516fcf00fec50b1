/** What the log of a new cluster begins with: metadata.version, and the features that are on. */
import type { MetadataRecord } from '@ottla/protocol'
import {
  featureRow,
  METADATA_VERSION,
  METADATA_VERSION_LATEST,
  METADATA_VERSION_MIN,
  metadataVersionLevel,
  metadataVersionRow,
} from '../features.ts'
import { FEATURES, METADATA_VERSIONS } from '../features-table.ts'
import { MetadataError } from '../metadata-error.ts'
import { featureLevelRecord } from '../records/make-record.ts'

export interface BootstrapLevels {
  /** As `4.3` or `4.3-IV0`; default: the newest. */
  readonly releaseVersion?: string | undefined
  /** Levels asked for one by one; metadata.version may be among them when `releaseVersion` is not given. */
  readonly features?: ReadonlyMap<string, number> | undefined
}

/**
 * The first records of the cluster: metadata.version, then the features that are on. A release brings its own levels as
 * far as they work here. Throws MetadataError INVALID_FORMAT.
 */
export function bootstrapRecords({
  releaseVersion,
  features = new Map<string, number>(),
}: BootstrapLevels): MetadataRecord[] {
  const level = chosenLevel(releaseVersion, features)
  const levels = new Map<string, number>()
  const defaults = metadataVersionRow(level)?.featureDefaults ?? {}
  for (const { name, works } of FEATURES) levels.set(name, Math.min(defaults[name] ?? 0, works))
  for (const [name, wanted] of features) {
    if (name === METADATA_VERSION) continue
    const row = featureRow(name)
    if (row === undefined) {
      const known = [METADATA_VERSION, ...FEATURES.map((feature) => feature.name)].sort().join(', ')
      throw invalid(`Unsupported feature: ${name}. Supported features are: ${known}`)
    }
    if (wanted < 0 || wanted > row.works) {
      throw invalid(`Level ${wanted} of ${name} is not there yet: levels from 0 to ${row.works} work`)
    }
    levels.set(name, wanted)
  }
  const on = [...levels].filter(([, wanted]) => wanted > 0).sort(([a], [b]) => (a < b ? -1 : 1))
  return [featureLevelRecord(METADATA_VERSION, level), ...on.map(([name, wanted]) => featureLevelRecord(name, wanted))]
}

function chosenLevel(releaseVersion: string | undefined, features: ReadonlyMap<string, number>): number {
  const wanted = features.get(METADATA_VERSION)
  if (releaseVersion !== undefined && wanted !== undefined) {
    throw invalid(`--release-version and --feature ${METADATA_VERSION} cannot both be given`)
  }
  const level =
    releaseVersion === undefined ? (wanted ?? METADATA_VERSION_LATEST) : metadataVersionLevel(releaseVersion)
  if (level === undefined || level < METADATA_VERSION_MIN || level > METADATA_VERSION_LATEST) {
    const names = METADATA_VERSIONS.filter((row) => row.level <= METADATA_VERSION_LATEST).map(({ name }) => name)
    throw invalid(
      `Unknown metadata.version '${releaseVersion ?? wanted}'. Supported metadata.version are: ${names.join(', ')}`,
    )
  }
  return level
}

function invalid(message: string): MetadataError {
  return new MetadataError('INVALID_FORMAT', message)
}
