/** UpdateFeatures (57): all updates of a request together, or none (KIP-584). No level exceeds what works here. */
import {
  ErrorCode,
  type MetadataRecord,
  type UpdateFeaturesRequest,
  type UpdateFeaturesResponse,
} from '@ottla/protocol'
import { featureRow, METADATA_VERSION, metadataVersionRow, supportedFeatures } from '../features.ts'
import { featureLevelRecord } from '../records/make-record.ts'
import type { ControllerView, Outcome } from './controller-view.ts'

const UPGRADE = 1

type FeatureUpdate = UpdateFeaturesRequest['featureUpdates'][number]

export function updateFeatures(view: ControllerView, request: UpdateFeaturesRequest): Outcome<UpdateFeaturesResponse> {
  const names = new Set(request.featureUpdates.map(({ feature }) => feature))
  if (names.size !== request.featureUpdates.length) {
    return answer(ErrorCode.INVALID_REQUEST, 'Provided feature updates can not contain duplicate features.')
  }
  for (const update of request.featureUpdates) {
    const problem = updateProblem(view, update, request.featureUpdates)
    if (problem !== null) {
      const message = `Invalid update version ${update.maxVersionLevel} for feature ${update.feature}. ${problem}`
      return answer(ErrorCode.INVALID_UPDATE_VERSION, message, request)
    }
  }
  const records = request.featureUpdates
    .filter(({ feature, maxVersionLevel }) => (view.image.features.stored.get(feature) ?? 0) !== maxVersionLevel)
    .map(({ feature, maxVersionLevel }) => featureLevelRecord(feature, maxVersionLevel))
  return answer(ErrorCode.NONE, null, request, request.validateOnly ? [] : records)
}

function answer(
  errorCode: number,
  errorMessage: string | null,
  request?: UpdateFeaturesRequest,
  records: readonly MetadataRecord[] = [],
): Outcome<UpdateFeaturesResponse> {
  // Versions 0 and 1 repeat the outcome for each feature; later ones leave the list out.
  const results = (request?.featureUpdates ?? []).map(({ feature }) => ({ feature, errorCode, errorMessage }))
  return { response: { throttleTimeMs: 0, errorCode, errorMessage, results }, records }
}

/** Ends the sentence "Invalid update version N for feature F. …". */
function updateProblem(
  view: ControllerView,
  { feature, maxVersionLevel: level, upgradeType, allowDowngrade }: FeatureUpdate,
  updates: readonly FeatureUpdate[],
): string | null {
  const range = supportedFeatures().get(feature)
  if (range === undefined) return 'The controller does not support this feature.'
  const { features, brokers } = view.image
  const current = feature === METADATA_VERSION ? features.metadataVersion : features.level(feature)
  if (level < range.min || level > range.max) {
    return `The controller only supports versions ${range.min}-${range.max}`
  }
  for (const { id, supportedFeatures: supported } of brokers.values()) {
    const own = supported.get(feature) ?? { min: 0, max: 0 }
    if (level < own.min || level > own.max) return `Broker ${id} only supports versions ${own.min}-${own.max}`
  }
  if (level < current && upgradeType === UPGRADE && !allowDowngrade) {
    return "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade."
  }
  return feature === METADATA_VERSION
    ? downgradeProblem(current, level)
    : dependencyProblem(view, feature, level, updates)
}

/** A level whose records carry less than those in force would lose what is written already. */
function downgradeProblem(current: number, level: number): string | null {
  if (level >= current) return null
  const before = metadataVersionRow(current)
  const after = metadataVersionRow(level)
  const isSame = JSON.stringify(before?.recordVersions) === JSON.stringify(after?.recordVersions)
  return isSame ? null : 'Refusing to perform the requested downgrade because it might delete metadata information.'
}

function dependencyProblem(
  view: ControllerView,
  feature: string,
  level: number,
  updates: readonly FeatureUpdate[],
): string | null {
  const { features } = view.image
  const levelAfter = (name: string) =>
    updates.find((update) => update.feature === name)?.maxVersionLevel ??
    (name === METADATA_VERSION ? features.metadataVersion : features.level(name))
  const needs = featureRow(feature)?.levels.find((row) => row.level === level)?.needs ?? {}
  for (const [name, needed] of Object.entries(needs)) {
    if (levelAfter(name) < needed)
      return `${feature} could not be set to ${level} because it depends on ${name} level ${needed}`
  }
  return null
}
