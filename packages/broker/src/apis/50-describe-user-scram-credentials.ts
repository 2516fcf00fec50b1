/**
 * DescribeUserScramCredentials (key 50), version 0.
 *
 * Which users can log in with SCRAM, by which mechanisms and with how many iterations. Never what could help to log in.
 */
import {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
  ErrorCode,
  type UserScramCredentialRecord,
} from '@ottla/protocol'
import { defineApi } from './handler.ts'

export const describeUserScramCredentials = defineApi({
  key: 50,
  request: DescribeUserScramCredentialsRequest,
  response: DescribeUserScramCredentialsResponse,
  handle({ broker: { image } }, { users }) {
    const byUser = new Map<string, UserScramCredentialRecord[]>()
    for (const credential of image.scramCredentials.values()) {
      const credentials = byUser.get(credential.name)
      if (credentials === undefined) byUser.set(credential.name, [credential])
      else credentials.push(credential)
    }
    const names = users === null || users.length === 0 ? [...byUser.keys()] : users.map(({ name }) => name)
    const results = [...new Set(names)].map((user) => {
      const isRepeated = names.indexOf(user) !== names.lastIndexOf(user)
      return isRepeated ? repeated(user) : described(user, byUser.get(user))
    })
    return { errorMessage: '', results }
  },
})

function described(user: string, credentials: readonly UserScramCredentialRecord[] | undefined) {
  if (credentials === undefined) {
    const errorMessage = `Attempt to describe a user credential that does not exist: ${user}`
    return { user, errorCode: ErrorCode.RESOURCE_NOT_FOUND, errorMessage }
  }
  const credentialInfos = credentials.map(({ mechanism, iterations }) => ({ mechanism, iterations }))
  return { user, errorCode: ErrorCode.NONE, errorMessage: '', credentialInfos }
}

function repeated(user: string) {
  const errorMessage = `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`
  return { user, errorCode: ErrorCode.DUPLICATE_RESOURCE, errorMessage }
}
