/**
 * 15 DescribeGroups, versions 0–6, flexible from 5. Describes classic groups and their members.
 *
 * - 3: authorized operations on demand
 * - 4: static members
 * - 5: flexible
 * - 6: GROUP_ID_NOT_FOUND in place of a dead group
 */

import { array, bool, bytes, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DescribeGroupsRequest = request(
  { key: 15, name: 'DescribeGroupsRequest', versions: '0-6', flexible: '5+' },
  () => ({
    groups: array(string()),
    includeAuthorizedOperations: bool({ versions: '3+' }),
  }),
)
export type DescribeGroupsRequest = Value<typeof DescribeGroupsRequest>

export const DescribeGroupsResponse = response(
  { key: 15, name: 'DescribeGroupsResponse', versions: '0-6', flexible: '5+' },
  () => ({
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    groups: array(
      struct({
        errorCode: int16(),
        errorMessage: string({ versions: '6+', nullable: '0+', default: null }),
        groupId: string(),
        groupState: string(),
        protocolType: string(),
        protocolData: string(),
        members: array(
          struct({
            memberId: string(),
            groupInstanceId: string({ versions: '4+', nullable: '0+', default: null, ignorable: true }),
            clientId: string(),
            clientHost: string(),
            memberMetadata: bytes(),
            memberAssignment: bytes(),
          }),
        ),
        authorizedOperations: int32({ versions: '3+', default: -2147483648 }),
      }),
    ),
  }),
)
export type DescribeGroupsResponse = Value<typeof DescribeGroupsResponse>
