/**
 * 63 BrokerHeartbeat, versions 0–2, always flexible. A broker keeps its registration alive and asks to be fenced, unfenced or
 * let go.
 *
 * - 1: offline log directories
 * - 2: cordoned log directories
 */

import { array, bool, int16, int32, int64, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const BrokerHeartbeatRequest = request(
  { key: 63, name: 'BrokerHeartbeatRequest', versions: '0-2', flexible: '0+' },
  () => ({
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    currentMetadataOffset: int64(),
    wantFence: bool(),
    wantShutDown: bool(),
    offlineLogDirs: array(uuid(), { versions: '1+', tag: 0 }),
    cordonedLogDirs: array(uuid(), { versions: '2+', nullable: '0+', tag: 1, default: null }),
  }),
)
export type BrokerHeartbeatRequest = Value<typeof BrokerHeartbeatRequest>

export const BrokerHeartbeatResponse = response(
  { key: 63, name: 'BrokerHeartbeatResponse', versions: '0-2', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    isCaughtUp: bool(),
    isFenced: bool({ default: true }),
    shouldShutDown: bool(),
  }),
)
export type BrokerHeartbeatResponse = Value<typeof BrokerHeartbeatResponse>
