/**
 * 50 DescribeUserScramCredentials, version 0, always flexible. Describes the SCRAM credentials of users, without secrets.
 */

import { array, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const DescribeUserScramCredentialsRequest = request(
  { key: 50, name: 'DescribeUserScramCredentialsRequest', versions: '0', flexible: '0+' },
  () => ({
    users: array(
      struct({
        name: string(),
      }),
      { nullable: '0+' },
    ),
  }),
)
export type DescribeUserScramCredentialsRequest = Value<typeof DescribeUserScramCredentialsRequest>

export const DescribeUserScramCredentialsResponse = response(
  { key: 50, name: 'DescribeUserScramCredentialsResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    results: array(
      struct({
        user: string(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
        credentialInfos: array(
          struct({
            mechanism: int8(),
            iterations: int32(),
          }),
        ),
      }),
    ),
  }),
)
export type DescribeUserScramCredentialsResponse = Value<typeof DescribeUserScramCredentialsResponse>
