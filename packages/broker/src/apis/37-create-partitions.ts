/**
 * CreatePartitions (key 37), versions 0 to 3.
 *
 * Decided by the controller. The number of partitions of a topic only grows.
 */
import { CreatePartitionsRequest, CreatePartitionsResponse } from '@ottla/protocol'
import { askForChange } from '../to-controller.ts'
import { defineApi } from './handler.ts'

export const createPartitions = defineApi({
  key: 37,
  request: CreatePartitionsRequest,
  response: CreatePartitionsResponse,
  handle: (context, request) => askForChange(context, 37, request, { timeoutMs: request.timeoutMs, strictFrom: 3 }),
  onError: (_context, request, { code, message }) => ({
    results: request.topics.map(({ name }) => ({ name, errorCode: code, errorMessage: message })),
  }),
})
