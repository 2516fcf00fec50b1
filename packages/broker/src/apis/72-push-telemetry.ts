/**
 * PushTelemetry (key 72), version 0.
 *
 * What a client tells of itself (KIP-714), in OpenTelemetry's format; the newest of each client is shown at /metrics. Too early:
 * THROTTLING_QUOTA_EXCEEDED; by an old subscription: UNKNOWN_SUBSCRIPTION_ID, and the client asks anew; beyond telemetry.max.bytes:
 * TELEMETRY_TOO_LARGE.
 */
import { PushTelemetryRequest, PushTelemetryResponse } from '@ottla/protocol'
import { clientAttributes } from './71-get-telemetry-subscriptions.ts'
import { defineApi } from './handler.ts'

export const pushTelemetry = defineApi({
  key: 72,
  request: PushTelemetryRequest,
  response: PushTelemetryResponse,
  handle: (context, request) => ({
    errorCode: context.broker.telemetry.push(clientAttributes(context, request.clientInstanceId), request),
  }),
})
