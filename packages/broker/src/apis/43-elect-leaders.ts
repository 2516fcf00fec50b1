/**
 * ElectLeaders (key 43), versions 0 to 2.
 *
 * Decided by the controller. The preferred leader, or (v1) in need any replica that lives. No list means all partitions; then only those
 * are told of that something was done for.
 */
import { API_KEYS, ElectLeadersRequest, ElectLeadersResponse } from '@ottla/protocol'
import { askController } from '../to-controller.ts'
import { defineApi } from './handler.ts'

export const electLeaders = defineApi({
  key: 43,
  request: ElectLeadersRequest,
  response: ElectLeadersResponse,
  async handle(context, request) {
    const response = await askController(context, API_KEYS.ElectLeaders, request, request.timeoutMs)
    // Version 0 knows outcomes of partitions alone.
    return context.apiVersion === 0 ? { ...response, errorCode: 0 } : response
  },
  onError: (context, request, { code, message }) => ({
    ...(context.apiVersion === 0 ? {} : { errorCode: code }),
    replicaElectionResults: (request.topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode: code, errorMessage: message })),
    })),
  }),
})
