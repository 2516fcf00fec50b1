/**
 * 16 ListGroups, versions 0–5, flexible from 3. Lists the groups that a broker coordinates.
 *
 * - 3: flexible
 * - 4: filter by state
 * - 5: filter by type
 */

import { array, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const ListGroupsRequest = request(
  { key: 16, name: 'ListGroupsRequest', versions: '0-5', flexible: '3+' },
  () => ({
    statesFilter: array(string(), { versions: '4+' }),
    typesFilter: array(string(), { versions: '5+' }),
  }),
)
export type ListGroupsRequest = Value<typeof ListGroupsRequest>

export const ListGroupsResponse = response(
  { key: 16, name: 'ListGroupsResponse', versions: '0-5', flexible: '3+' },
  () => ({
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
    groups: array(
      struct({
        groupId: string(),
        protocolType: string(),
        groupState: string({ versions: '4+', ignorable: true }),
        groupType: string({ versions: '5+', ignorable: true }),
      }),
    ),
  }),
)
export type ListGroupsResponse = Value<typeof ListGroupsResponse>
