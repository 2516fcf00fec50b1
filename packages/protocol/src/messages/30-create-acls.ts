/**
 * 30 CreateAcls, versions 0–3, flexible from 2. Creates ACLs.
 * Versions below 1 are those of Kafka 2.4, for old clients.
 *
 * - 1: pattern types
 * - 2: flexible
 * - 3: the resource type USER
 */

import { array, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const CreateAclsRequest = request(
  { key: 30, name: 'CreateAclsRequest', versions: '0-3', flexible: '2+' },
  () => ({
    creations: array(
      struct({
        resourceType: int8(),
        resourceName: string(),
        resourcePatternType: int8({ versions: '1+', default: 3 }),
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      }),
    ),
  }),
)
export type CreateAclsRequest = Value<typeof CreateAclsRequest>

export const CreateAclsResponse = response(
  { key: 30, name: 'CreateAclsResponse', versions: '0-3', flexible: '2+' },
  () => ({
    throttleTimeMs: int32(),
    results: array(
      struct({
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
      }),
    ),
  }),
)
export type CreateAclsResponse = Value<typeof CreateAclsResponse>
