/**
 * AlterConfigs (key 33), versions 0 to 2.
 *
 * Decided by the controller. Replaces all dynamic settings of each resource; IncrementalAlterConfigs (44) came after it.
 */
import { AlterConfigsRequest, AlterConfigsResponse, API_KEYS } from '@ottla/protocol'
import { alterSettings } from '../alter-settings.ts'
import { defineApi } from './handler.ts'

export const alterConfigs = defineApi({
  key: 33,
  request: AlterConfigsRequest,
  response: AlterConfigsResponse,
  handle: (context, request) => alterSettings(context, API_KEYS.AlterConfigs, request),
})
