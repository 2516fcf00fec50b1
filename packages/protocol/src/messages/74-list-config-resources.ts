/**
 * 74 ListConfigResources, versions 0–1, always flexible. Lists the resources that have configs.
 *
 * - 0: client metrics resources alone
 * - 1: other types too
 */

import { array, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ListConfigResourcesRequest = request(
  { key: 74, name: 'ListConfigResourcesRequest', versions: '0-1', flexible: '0+' },
  () => ({
    resourceTypes: array(int8(), { versions: '1+' }),
  }),
)
export type ListConfigResourcesRequest = Value<typeof ListConfigResourcesRequest>

export const ListConfigResourcesResponse = response(
  { key: 74, name: 'ListConfigResourcesResponse', versions: '0-1', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    configResources: array(
      struct({
        resourceName: string(),
        resourceType: int8({ versions: '1+', default: 16, ignorable: true }),
      }),
    ),
  }),
)
export type ListConfigResourcesResponse = Value<typeof ListConfigResourcesResponse>
