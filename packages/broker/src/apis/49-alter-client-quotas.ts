/**
 * AlterClientQuotas (key 49), versions 0 and 1.
 *
 * Decided by the controller. Sets and takes away what users, client ids and addresses may use; each entity for itself.
 */
import { AlterClientQuotasRequest, AlterClientQuotasResponse, API_KEYS } from '@ottla/protocol'
import { askController } from '../to-controller.ts'
import { defineApi } from './handler.ts'

export const alterClientQuotas = defineApi({
  key: 49,
  request: AlterClientQuotasRequest,
  response: AlterClientQuotasResponse,
  handle: (context, request) => askController(context, API_KEYS.AlterClientQuotas, request),
  onError: (_context, request, { code, message }) => ({
    entries: request.entries.map(({ entity }) => ({ errorCode: code, errorMessage: message, entity })),
  }),
})
