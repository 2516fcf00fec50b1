/**
 * UpdateFeatures (57): all updates of a request together, or none (KIP-584). No level exceeds what works here. What a level is lowered to
 * must be asked for, and lowering metadata.version must lose nothing: the lossy kind is refused, as in Kafka.
 */
import {
  ErrorCode,
  errorOf,
  type MetadataRecord,
  type UpdateFeaturesRequest,
  type UpdateFeaturesResponse,
} from '@ottla/protocol'
import { featureRow, isLossyDowngrade, METADATA_VERSION, supportedFeatures } from '../features.ts'
import { featureLevelRecord } from '../records/make-record.ts'
import type { ControllerView, Outcome } from './controller-view.ts'

/** What kind of update is meant, as the protocol numbers it. Version 0 could say `allowDowngrade`, which Kafka does not look at. */
const UpgradeType = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const
const UPGRADE_TYPES: readonly number[] = Object.values(UpgradeType)

type FeatureUpdate = UpdateFeaturesRequest['featureUpdates'][number]

export function updateFeatures(view: ControllerView, request: UpdateFeaturesRequest): Outcome<UpdateFeaturesResponse> {
  // Of two updates of one feature the last counts.
  const updates = new Map(request.featureUpdates.map((update) => [update.feature, update]))
  for (const update of updates.values()) {
    const problem = updateProblem(view, update, updates)
    if (problem === null) continue
    const errorMessage = `The update failed for all features since the following feature had an error: ${problem}`
    const errorCode = ErrorCode.INVALID_UPDATE_VERSION
    return { response: { throttleTimeMs: 0, errorCode, errorMessage, results: [] }, records: [] }
  }
  const records: MetadataRecord[] = request.validateOnly
    ? []
    : [...updates.values()]
        .filter(({ feature, maxVersionLevel }) => (view.image.features.stored.get(feature) ?? 0) !== maxVersionLevel)
        .map(({ feature, maxVersionLevel }) => featureLevelRecord(feature, maxVersionLevel))
  // Later versions leave the list out.
  const results = request.featureUpdates.map(({ feature }) => ({
    feature,
    errorCode: ErrorCode.NONE,
    errorMessage: errorOf(ErrorCode.NONE).name,
  }))
  return { response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, results }, records }
}

function updateProblem(
  view: ControllerView,
  update: FeatureUpdate,
  updates: ReadonlyMap<string, FeatureUpdate>,
): string | null {
  const { feature, maxVersionLevel: level, upgradeType } = update
  const problem = levelProblem(view, update)
  if (problem !== null) return `Invalid update version ${level} for feature ${feature}. ${problem}`
  if (feature === METADATA_VERSION) return downgradeProblem(view.image.features.metadataVersion, level, upgradeType)
  const missing = dependencyProblem(view, update, updates)
  return missing === null ? null : `Invalid update version ${level} for feature ${feature}. ${missing}`
}

function levelProblem(
  { nodeId, image }: ControllerView,
  { feature, maxVersionLevel: level, upgradeType }: FeatureUpdate,
): string | null {
  if (!UPGRADE_TYPES.includes(upgradeType)) return 'The controller does not support the given upgrade type.'
  if (level < 0) return 'A feature version cannot be less than 0.'
  const own = supportProblem(`Local controller ${nodeId}`, supportedFeatures().get(feature), level)
  if (own !== null) return own
  for (const { id, supportedFeatures: supported } of image.brokers.values()) {
    const problem = supportProblem(`Broker ${id}`, supported.get(feature), level)
    if (problem !== null) return problem
  }
  const current = feature === METADATA_VERSION ? image.features.metadataVersion : image.features.level(feature)
  if (level >= current || upgradeType !== UpgradeType.UPGRADE) return null
  return "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade."
}

function supportProblem(
  who: string,
  range: { readonly min: number; readonly max: number } | undefined,
  level: number,
): string | null {
  if (range === undefined) return `${who} does not support this feature.`
  if (level >= range.min && level <= range.max) return null
  return `${who} only supports versions ${range.min}-${range.max}`
}

/** A level whose records carry less than those in force would lose what is written already. */
function downgradeProblem(current: number, level: number, upgradeType: number): string | null {
  if (level >= current || !isLossyDowngrade(current, level)) return null
  const reason =
    upgradeType === UpgradeType.UNSAFE_DOWNGRADE
      ? 'Unsafe metadata downgrade is not supported in this version.'
      : 'Refusing to perform the requested downgrade because it might delete metadata information.'
  return `Unsupported metadata.version downgrade from ${current} to ${level}. ${reason}`
}

function dependencyProblem(
  { image: { features } }: ControllerView,
  { feature, maxVersionLevel: level }: FeatureUpdate,
  updates: ReadonlyMap<string, FeatureUpdate>,
): string | null {
  const levelAfter = (name: string) =>
    updates.get(name)?.maxVersionLevel ?? (name === METADATA_VERSION ? features.metadataVersion : features.level(name))
  const needs = featureRow(feature)?.levels.find((row) => row.level === level)?.needs ?? {}
  for (const [name, needed] of Object.entries(needs)) {
    if (levelAfter(name) < needed) {
      return `${feature} could not be set to ${level} because it depends on ${name} level ${needed}`
    }
  }
  return null
}
