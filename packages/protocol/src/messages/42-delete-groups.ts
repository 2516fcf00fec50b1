/**
 * 42 DeleteGroups, versions 0–3, flexible from 2. Deletes groups that are empty.
 *
 * - 2: flexible
 * - 3: error messages
 */

import { array, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DeleteGroupsRequest = request(
  { key: 42, name: 'DeleteGroupsRequest', versions: '0-3', flexible: '2+' },
  () => ({
    groupsNames: array(string()),
  }),
)
export type DeleteGroupsRequest = Value<typeof DeleteGroupsRequest>

export const DeleteGroupsResponse = response(
  { key: 42, name: 'DeleteGroupsResponse', versions: '0-3', flexible: '2+' },
  () => ({
    throttleTimeMs: int32(),
    results: array(
      struct({
        groupId: string(),
        errorCode: int16(),
        errorMessage: string({ versions: '3+', nullable: '0+', default: null, ignorable: true }),
      }),
    ),
  }),
)
export type DeleteGroupsResponse = Value<typeof DeleteGroupsResponse>
