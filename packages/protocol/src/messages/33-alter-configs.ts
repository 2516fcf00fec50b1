/**
 * 33 AlterConfigs, versions 0–2, flexible from 2. Replaces the whole configuration of resources. IncrementalAlterConfigs (44)
 * came after it.
 */

import { array, bool, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const AlterConfigsRequest = request(
  { key: 33, name: 'AlterConfigsRequest', versions: '0-2', flexible: '2+' },
  () => ({
    resources: array(
      struct({
        resourceType: int8(),
        resourceName: string(),
        configs: array(
          struct({
            name: string(),
            value: string({ nullable: '0+' }),
          }),
        ),
      }),
    ),
    validateOnly: bool(),
  }),
)
export type AlterConfigsRequest = Value<typeof AlterConfigsRequest>

export const AlterConfigsResponse = response(
  { key: 33, name: 'AlterConfigsResponse', versions: '0-2', flexible: '2+' },
  () => ({
    throttleTimeMs: int32(),
    responses: array(
      struct({
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
        resourceType: int8(),
        resourceName: string(),
      }),
    ),
  }),
)
export type AlterConfigsResponse = Value<typeof AlterConfigsResponse>
