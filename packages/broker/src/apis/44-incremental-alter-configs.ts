/**
 * IncrementalAlterConfigs (key 44), versions 0 and 1.
 *
 * Decided by the controller. Sets, deletes, appends to and subtracts from single settings (KIP-339).
 */
import { API_KEYS, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse } from '@ottla/protocol'
import { alterSettings } from '../alter-settings.ts'
import { defineApi } from './handler.ts'

export const incrementalAlterConfigs = defineApi({
  key: 44,
  request: IncrementalAlterConfigsRequest,
  response: IncrementalAlterConfigsResponse,
  handle: (context, request) => alterSettings(context, API_KEYS.IncrementalAlterConfigs, request),
})
