/**
 * 57 UpdateFeatures, versions 0–2, always flexible. Sets finalized feature levels.
 *
 * - 1: validation only, kinds of downgrade
 * - 2: no results per feature
 */

import { array, bool, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const UpdateFeaturesRequest = request(
  { key: 57, name: 'UpdateFeaturesRequest', versions: '0-2', flexible: '0+' },
  () => ({
    timeoutMs: int32({ default: 60000 }),
    featureUpdates: array(
      struct({
        feature: string(),
        maxVersionLevel: int16(),
        allowDowngrade: bool({ versions: '0' }),
        upgradeType: int8({ versions: '1+', default: 1 }),
      }),
    ),
    validateOnly: bool({ versions: '1+' }),
  }),
)
export type UpdateFeaturesRequest = Value<typeof UpdateFeaturesRequest>

export const UpdateFeaturesResponse = response(
  { key: 57, name: 'UpdateFeaturesResponse', versions: '0-2', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    results: array(
      struct({
        feature: string(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
      }),
      { versions: '0-1', ignorable: true },
    ),
  }),
)
export type UpdateFeaturesResponse = Value<typeof UpdateFeaturesResponse>
