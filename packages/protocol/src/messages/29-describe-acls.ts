/**
 * 29 DescribeAcls, versions 0–3, flexible from 2. Lists the ACLs that match a filter.
 * Versions below 1 are those of Kafka 2.4, for old clients.
 *
 * - 1: pattern types
 * - 2: flexible
 * - 3: the resource type USER
 */

import { array, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DescribeAclsRequest = request(
  { key: 29, name: 'DescribeAclsRequest', versions: '0-3', flexible: '2+' },
  () => ({
    resourceTypeFilter: int8(),
    resourceNameFilter: string({ nullable: '0+' }),
    patternTypeFilter: int8({ versions: '1+', default: 3 }),
    principalFilter: string({ nullable: '0+' }),
    hostFilter: string({ nullable: '0+' }),
    operation: int8(),
    permissionType: int8(),
  }),
)
export type DescribeAclsRequest = Value<typeof DescribeAclsRequest>

export const DescribeAclsResponse = response(
  { key: 29, name: 'DescribeAclsResponse', versions: '0-3', flexible: '2+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    resources: array(
      struct({
        resourceType: int8(),
        resourceName: string(),
        patternType: int8({ versions: '1+', default: 3 }),
        acls: array(
          struct({
            principal: string(),
            host: string(),
            operation: int8(),
            permissionType: int8(),
          }),
        ),
      }),
    ),
  }),
)
export type DescribeAclsResponse = Value<typeof DescribeAclsResponse>
