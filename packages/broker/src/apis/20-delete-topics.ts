/**
 * DeleteTopics (key 20), versions 0 to 6.
 *
 * Decided by the controller, when delete.topic.enable allows it. v6: by topic id too; before, names alone.
 */
import { DeleteTopicsRequest, DeleteTopicsResponse, ErrorCode, type Init, ZERO_UUID } from '@ottla/protocol'
import type { RequestContext } from '../request-context.ts'
import { askForChange } from '../to-controller.ts'
import { defineApi } from './handler.ts'

export const deleteTopics = defineApi({
  key: 20,
  request: DeleteTopicsRequest,
  response: DeleteTopicsResponse,
  handle(context, request) {
    const topics = topicsOf(context, request)
    if (!context.broker.config.boolean('delete.topic.enable')) return refused(context, topics)
    const { timeoutMs } = request
    return askForChange(context, 20, { ...request, topics, topicNames: [] }, { timeoutMs, strictFrom: 5 })
  },
  onError: (context, request, { code, message }) => ({
    responses: topicsOf(context, request).map((topic) => ({ ...topic, errorCode: code, errorMessage: message })),
  }),
})

function topicsOf(context: RequestContext, request: DeleteTopicsRequest): DeleteTopicsRequest['topics'] {
  return context.apiVersion >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
}

function refused(context: RequestContext, topics: DeleteTopicsRequest['topics']): Init<typeof DeleteTopicsResponse> {
  const errorCode = context.apiVersion < 3 ? ErrorCode.INVALID_REQUEST : ErrorCode.TOPIC_DELETION_DISABLED
  return {
    responses: topics.map((topic) => ({
      ...topic,
      errorCode,
      errorMessage: 'Topic deletion is disabled (delete.topic.enable).',
    })),
  }
}
