/**
 * 44 IncrementalAlterConfigs, versions 0–1, flexible from 1. Sets, deletes, appends to and subtracts from single configs.
 */

import { array, bool, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const IncrementalAlterConfigsRequest = request(
  { key: 44, name: 'IncrementalAlterConfigsRequest', versions: '0-1', flexible: '1+' },
  () => ({
    resources: array(
      struct({
        resourceType: int8(),
        resourceName: string(),
        configs: array(
          struct({
            name: string(),
            configOperation: int8(),
            value: string({ nullable: '0+' }),
          }),
        ),
      }),
    ),
    validateOnly: bool(),
  }),
)
export type IncrementalAlterConfigsRequest = Value<typeof IncrementalAlterConfigsRequest>

export const IncrementalAlterConfigsResponse = response(
  { key: 44, name: 'IncrementalAlterConfigsResponse', versions: '0-1', flexible: '1+' },
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
export type IncrementalAlterConfigsResponse = Value<typeof IncrementalAlterConfigsResponse>
