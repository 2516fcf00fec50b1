/**
 * UnregisterBroker (key 64), version 0.
 *
 * Decided by the controller. Forgets a broker that will not come back.
 */
import { API_KEYS, UnregisterBrokerRequest, UnregisterBrokerResponse } from '@ottla/protocol'
import { askController } from '../to-controller.ts'
import { defineApi } from './handler.ts'

export const unregisterBroker = defineApi({
  key: 64,
  request: UnregisterBrokerRequest,
  response: UnregisterBrokerResponse,
  handle: (context, request) => askController(context, API_KEYS.UnregisterBroker, request),
})
