/**
 * AlterConfigs (key 33), versions 0 to 2.
 *
 * Decided by the controller. Replaces all dynamic settings of each resource; IncrementalAlterConfigs (44) came after it.
 */
import { AlterConfigsRequest, AlterConfigsResponse } from '@ottla/protocol'
import { askController } from '../to-controller.ts'
import { defineApi } from './handler.ts'

export const alterConfigs = defineApi({
  key: 33,
  request: AlterConfigsRequest,
  response: AlterConfigsResponse,
  handle: (context, request) => askController(context, 33, request),
})
