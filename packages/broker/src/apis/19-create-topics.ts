/**
 * CreateTopics (key 19), versions 0 to 7.
 *
 * Decided by the controller: names, settings and placement are checked for each topic on its own, and one answer tells all outcomes. v1: validation alone;
 * v4: defaults for partitions and replicas; v5: the settings in force come back; v7: topic ids.
 */
import { CreateTopicsRequest, CreateTopicsResponse } from '@ottla/protocol'
import { askForChange } from '../to-controller.ts'
import { defineApi } from './handler.ts'

export const createTopics = defineApi({
  key: 19,
  request: CreateTopicsRequest,
  response: CreateTopicsResponse,
  handle: (context, request) => askForChange(context, 19, request, { timeoutMs: request.timeoutMs, strictFrom: 6 }),
  onError: (_context, request, { code, message }) => ({
    topics: request.topics.map(({ name }) => ({ name, errorCode: code, errorMessage: message })),
  }),
})
