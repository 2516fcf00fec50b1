/**
 * 94 UnregisterController, version 0, always flexible. Removes the registration of a controller.
 */

import { int16, int32, string } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const UnregisterControllerRequest = request(
  { key: 94, name: 'UnregisterControllerRequest', versions: '0', flexible: '0+' },
  () => ({
    controllerId: int32(),
  }),
)
export type UnregisterControllerRequest = Value<typeof UnregisterControllerRequest>

export const UnregisterControllerResponse = response(
  { key: 94, name: 'UnregisterControllerResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
  }),
)
export type UnregisterControllerResponse = Value<typeof UnregisterControllerResponse>
