/**
 * 51 AlterUserScramCredentials, version 0, always flexible. Creates, replaces and deletes SCRAM credentials.
 */

import { array, bytes, int8, int16, int32, string, struct } from '../schema/field.ts'
import { request, response, type Value } from '../schema/schema.ts'

export const AlterUserScramCredentialsRequest = request(
  { key: 51, name: 'AlterUserScramCredentialsRequest', versions: '0', flexible: '0+' },
  () => ({
    deletions: array(
      struct({
        name: string(),
        mechanism: int8(),
      }),
    ),
    upsertions: array(
      struct({
        name: string(),
        mechanism: int8(),
        iterations: int32(),
        salt: bytes(),
        saltedPassword: bytes(),
      }),
    ),
  }),
)
export type AlterUserScramCredentialsRequest = Value<typeof AlterUserScramCredentialsRequest>

export const AlterUserScramCredentialsResponse = response(
  { key: 51, name: 'AlterUserScramCredentialsResponse', versions: '0', flexible: '0+' },
  () => ({
    throttleTimeMs: int32(),
    results: array(
      struct({
        user: string(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
      }),
    ),
  }),
)
export type AlterUserScramCredentialsResponse = Value<typeof AlterUserScramCredentialsResponse>
