/**
 * 71 GetTelemetrySubscriptions, version 0, always flexible. Asks which client metrics are wanted, and how often (KIP-714).
 */

import { array, bool, int8, int16, int32, string, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const GetTelemetrySubscriptionsRequest = request(
  { key: 71, name: 'GetTelemetrySubscriptionsRequest', versions: '0', flexible: '0+' },
  () => ({
    clientInstanceId: uuid(),
  }),
)
export type GetTelemetrySubscriptionsRequest = Value<typeof GetTelemetrySubscriptionsRequest>

export const GetTelemetrySubscriptionsResponse = response(
  { key: 71, name: 'GetTelemetrySubscriptionsResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    acceptedCompressionTypes: array(int8()),
    pushIntervalMs: int32(),
    telemetryMaxBytes: int32(),
    deltaTemporality: bool(),
    requestedMetrics: array(string()),
  }),
)
export type GetTelemetrySubscriptionsResponse = Value<typeof GetTelemetrySubscriptionsResponse>
