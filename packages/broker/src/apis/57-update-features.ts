/**
 * UpdateFeatures (key 57), versions 0 to 2.
 *
 * Decided by the controller. Levels of features go up, or down when that is asked for: all of a request together, or none. v1: kinds of
 * upgrade, and validation alone; v2: one outcome instead of one per feature.
 */
import { API_KEYS, UpdateFeaturesRequest, UpdateFeaturesResponse } from '@ottla/protocol'
import { askController } from '../to-controller.ts'
import { defineApi } from './handler.ts'

export const updateFeatures = defineApi({
  key: 57,
  request: UpdateFeaturesRequest,
  response: UpdateFeaturesResponse,
  handle: (context, request) => askController(context, API_KEYS.UpdateFeatures, request, request.timeoutMs),
})
