/**
 * 31 DeleteAcls, versions 0–3, flexible from 2. Deletes the ACLs that match filters, and gives them back.
 * Versions below 1 are those of Kafka 2.4, for old clients.
 *
 * - 1: pattern types
 * - 2: flexible
 * - 3: the resource type USER
 */

import { array, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DeleteAclsRequest = request(
  { key: 31, name: 'DeleteAclsRequest', versions: '0-3', flexible: '2+' },
  () => ({
    filters: array(
      struct({
        resourceTypeFilter: int8(),
        resourceNameFilter: string({ nullable: '0+' }),
        patternTypeFilter: int8({ versions: '1+', default: 3 }),
        principalFilter: string({ nullable: '0+' }),
        hostFilter: string({ nullable: '0+' }),
        operation: int8(),
        permissionType: int8(),
      }),
    ),
  }),
)
export type DeleteAclsRequest = Value<typeof DeleteAclsRequest>

export const DeleteAclsResponse = response(
  { key: 31, name: 'DeleteAclsResponse', versions: '0-3', flexible: '2+' },
  () => ({
    throttleTimeMs: int32(),
    filterResults: array(
      struct({
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
        matchingAcls: array(
          struct({
            errorCode: int16(),
            errorMessage: string({ nullable: '0+' }),
            resourceType: int8(),
            resourceName: string(),
            patternType: int8({ versions: '1+', default: 3 }),
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
export type DeleteAclsResponse = Value<typeof DeleteAclsResponse>
