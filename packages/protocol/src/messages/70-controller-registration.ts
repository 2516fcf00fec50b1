/**
 * 70 ControllerRegistration, version 0, always flexible. A controller registers its endpoints and features with the active one.
 */

import { array, bool, int16, int32, string, struct, uint16, uuid } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ControllerRegistrationRequest = request(
  { key: 70, name: 'ControllerRegistrationRequest', versions: '0', flexible: '0+' },
  () => ({
    controllerId: int32(),
    incarnationId: uuid(),
    zkMigrationReady: bool(),
    listeners: array(
      struct({
        name: string(),
        host: string(),
        port: uint16(),
        securityProtocol: int16(),
      }),
    ),
    features: array(
      struct({
        name: string(),
        minSupportedVersion: int16(),
        maxSupportedVersion: int16(),
      }),
    ),
  }),
)
export type ControllerRegistrationRequest = Value<typeof ControllerRegistrationRequest>

export const ControllerRegistrationResponse = response(
  { key: 70, name: 'ControllerRegistrationResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  }),
)
export type ControllerRegistrationResponse = Value<typeof ControllerRegistrationResponse>
