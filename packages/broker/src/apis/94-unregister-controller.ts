/**
 * UnregisterController (key 94), version 0.
 *
 * Decided by the controller. Forgets a controller that will not come back; needs metadata.version 33 (4.4).
 */
import { API_KEYS, UnregisterControllerRequest, UnregisterControllerResponse } from '@ottla/protocol'
import { askController } from '../to-controller.ts'
import { defineApi } from './handler.ts'

export const unregisterController = defineApi({
  key: 94,
  request: UnregisterControllerRequest,
  response: UnregisterControllerResponse,
  handle: (context, request) => askController(context, API_KEYS.UnregisterController, request),
})
