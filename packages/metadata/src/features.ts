/** What the feature table says: names and levels of metadata.version, and which levels work here. */
import { FEATURES, type FeatureRow, METADATA_VERSIONS, type MetadataVersionRow } from './features-table.ts'

export const METADATA_VERSION = 'metadata.version'

/** The lowest level that is read and written. */
export const METADATA_VERSION_MIN = METADATA_VERSIONS[0]?.level ?? 0

/** The newest level that works here; new folders start at it. */
export const METADATA_VERSION_LATEST = Math.max(
  ...METADATA_VERSIONS.filter(({ isProduction }) => isProduction).map(({ level }) => level),
)

/** The row of a level; undefined when the level is not known. */
export function metadataVersionRow(level: number): MetadataVersionRow | undefined {
  return METADATA_VERSIONS[level - METADATA_VERSION_MIN]
}

/** As `4.3-IV0`; the number where the level is not known. */
export function metadataVersionName(level: number): string {
  return metadataVersionRow(level)?.name ?? String(level)
}

/**
 * The level that `4.3` or `4.3-IV0` stands for: a release stands for its newest production level. Undefined when there
 * is no such release.
 */
export function metadataVersionLevel(release: string): number | undefined {
  const exact = METADATA_VERSIONS.find(({ name }) => name === release)
  if (exact !== undefined) return exact.level
  const rows = METADATA_VERSIONS.filter((row) => row.release === majorMinor(release))
  return (rows.findLast(({ isProduction }) => isProduction) ?? rows.at(-1))?.level
}

/** 4.3.1 → 4.3. */
function majorMinor(release: string): string {
  return release.split('.').slice(0, 2).join('.')
}

/** Levels of metadata.version that changed what records can say. */
const CHANGED_RECORDS: ReadonlySet<number> = new Set([7, 8, 11, 13, 14, 15, 17, 23, 30, 32, 33])

/** True when records of the higher level say what those of the lower one cannot. */
export function isLossyDowngrade(from: number, to: number): boolean {
  for (let level = from; level > to; level--) if (CHANGED_RECORDS.has(level)) return true
  return false
}

/** The row of a feature other than metadata.version. */
export function featureRow(name: string): FeatureRow | undefined {
  return FEATURES.find((row) => row.name === name)
}

/** Ranges of levels that this software works with, as ApiVersions and registrations tell them. */
export function supportedFeatures(): ReadonlyMap<string, { readonly min: number; readonly max: number }> {
  const ranges = new Map([[METADATA_VERSION, { min: METADATA_VERSION_MIN, max: METADATA_VERSION_LATEST }]])
  for (const { name, works } of FEATURES) ranges.set(name, { min: 0, max: works })
  return ranges
}
