/**
 * IncrementalAlterConfigs (key 44), versions 0 and 1.
 *
 * Decided by the controller, but for levels of loggers, which are this broker's own. Sets, deletes, appends to and subtracts from single settings (KIP-339).
 */
import { ConfigResourceType } from '@ottla/metadata'
import { API_KEYS, ErrorCode, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse } from '@ottla/protocol'
import { alterSettings } from '../alter-settings.ts'
import { alterLoggers, loggerResourceError } from '../configs/broker-loggers.ts'
import type { RequestContext } from '../request-context.ts'
import { defineApi } from './handler.ts'

type LoggerResource = IncrementalAlterConfigsRequest['resources'][number]

export const incrementalAlterConfigs = defineApi({
  key: 44,
  request: IncrementalAlterConfigsRequest,
  response: IncrementalAlterConfigsResponse,
  handle(context, request) {
    const effect = request.validateOnly ? 'validate' : 'write'
    return alterSettings(context, API_KEYS.IncrementalAlterConfigs, request, (resource) =>
      resource.resourceType === ConfigResourceType.BROKER_LOGGER ? alterOwnLoggers(context, resource, effect) : null,
    )
  },
})

/** Loggers are this broker's own: no controller hears of them. */
function alterOwnLoggers({ broker }: RequestContext, resource: LoggerResource, effect: 'write' | 'validate') {
  const { resourceType, resourceName, configs } = resource
  const error = loggerResourceError(resourceName, broker.nodeId) ?? alterLoggers(broker.env.logLevels, configs, effect)
  return {
    errorCode: error?.code ?? ErrorCode.NONE,
    errorMessage: error?.message ?? null,
    resourceType,
    resourceName,
  }
}
