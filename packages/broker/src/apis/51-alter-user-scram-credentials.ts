/**
 * AlterUserScramCredentials (key 51), version 0.
 *
 * Decided by the controller. Sets and deletes what SCRAM checks users against; the keys are stored, the salted password is not. No listener
 * asks for a login yet.
 */
import { AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse, API_KEYS } from '@ottla/protocol'
import { askController } from '../to-controller.ts'
import { defineApi } from './handler.ts'

export const alterUserScramCredentials = defineApi({
  key: 51,
  request: AlterUserScramCredentialsRequest,
  response: AlterUserScramCredentialsResponse,
  handle: (context, request) => askController(context, API_KEYS.AlterUserScramCredentials, request),
  onError(_context, { deletions, upsertions }, { code, message }) {
    const users = new Set([...deletions, ...upsertions].map(({ name }) => name))
    return { results: [...users].map((user) => ({ user, errorCode: code, errorMessage: message })) }
  },
})
