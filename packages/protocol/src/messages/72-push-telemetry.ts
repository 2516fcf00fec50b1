/**
 * 72 PushTelemetry, version 0, always flexible. Delivers client metrics (KIP-714).
 */

import { bool, bytes, int8, int16, int32, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const PushTelemetryRequest = request(
  { key: 72, name: 'PushTelemetryRequest', versions: '0', flexible: '0+' },
  () => ({
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    terminating: bool(),
    compressionType: int8(),
    metrics: bytes(),
  }),
)
export type PushTelemetryRequest = Value<typeof PushTelemetryRequest>

export const PushTelemetryResponse = response(
  { key: 72, name: 'PushTelemetryResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
  }),
)
export type PushTelemetryResponse = Value<typeof PushTelemetryResponse>
