/**
 * GetTelemetrySubscriptions (key 71), version 0.
 *
 * What a client is to tell of itself, how often and how packed (KIP-714): what the settings of client metrics that match it say together. Clients
 * are asked for running totals, so that the newest push is all there is to know. Not offered with ottla.client.metrics.enable=false.
 */
import { ErrorCode, GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse } from '@ottla/protocol'
import type { RequestContext } from '../request-context.ts'
import type { ClientAttributes } from '../telemetry/client-subscriptions.ts'
import { ACCEPTED_COMPRESSION } from '../telemetry/client-telemetry.ts'
import { defineApi } from './handler.ts'

export const getTelemetrySubscriptions = defineApi({
  key: 71,
  request: GetTelemetrySubscriptionsRequest,
  response: GetTelemetrySubscriptionsResponse,
  handle(context, request) {
    const { telemetry } = context.broker
    const outcome = telemetry.subscribe(clientAttributes(context, request.clientInstanceId))
    if (outcome.kind === 'refused') return { errorCode: outcome.error }
    const { clientInstanceId, subscription } = outcome
    return {
      errorCode: ErrorCode.NONE,
      clientInstanceId,
      subscriptionId: subscription.id,
      acceptedCompressionTypes: ACCEPTED_COMPRESSION,
      pushIntervalMs: subscription.pushIntervalMs,
      telemetryMaxBytes: telemetry.maxBytes,
      deltaTemporality: false,
      requestedMetrics: subscription.metrics,
    }
  },
})

/** What the settings of client metrics select by. */
export function clientAttributes({ session, clientId }: RequestContext, clientInstanceId: string): ClientAttributes {
  return {
    client_instance_id: clientInstanceId,
    client_id: clientId ?? '',
    client_software_name: session.clientSoftwareName,
    client_software_version: session.clientSoftwareVersion,
    client_source_address: session.clientHost,
    client_source_port: String(session.clientPort),
  }
}
