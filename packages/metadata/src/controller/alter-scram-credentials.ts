/**
 * AlterUserScramCredentials (51): what SCRAM checks users against (KIP-554). The client sends the salted password; what is kept are the keys
 * made of it, with which nobody can log in. One change per user and request.
 */
import {
  type AlterUserScramCredentialsRequest,
  type AlterUserScramCredentialsResponse,
  ErrorCode,
  type MetadataRecord,
  type ScramMechanism,
  scramStoredKeys,
} from '@ottla/protocol'
import { scramKey } from '../image/scram-key.ts'
import { type ControllerView, levelOf, type Outcome } from './controller-view.ts'

type Deletion = AlterUserScramCredentialsRequest['deletions'][number]
type Upsertion = AlterUserScramCredentialsRequest['upsertions'][number]

interface Refusal {
  readonly code: number
  readonly message: string | null
}

type Change = Refusal | { readonly record: MetadataRecord }

const MECHANISMS: readonly (ScramMechanism | undefined)[] = [undefined, 'SCRAM-SHA-256', 'SCRAM-SHA-512']
const ITERATIONS_MIN = 4096
const ITERATIONS_MAX = 16_384
/** From this level of metadata.version on there are records for it (3.5-IV2). */
const SCRAM_LEVEL = 11
const TWICE: Refusal = {
  code: ErrorCode.DUPLICATE_RESOURCE,
  message: 'A user credential cannot be altered twice in the same request',
}

export function alterScramCredentials(
  view: ControllerView,
  request: AlterUserScramCredentialsRequest,
): Outcome<AlterUserScramCredentialsResponse> {
  const changes = new Map<string, Change>()
  const add = (name: string, decide: () => Change): void => {
    const earlier = changes.get(name)
    if (earlier === undefined) changes.set(name, decide())
    // A user whose change was refused keeps that answer.
    else if ('record' in earlier) changes.set(name, TWICE)
  }
  for (const deletion of request.deletions) add(deletion.name, () => deleted(view, deletion))
  for (const upsertion of request.upsertions) add(upsertion.name, () => upserted(view, upsertion))
  const records: MetadataRecord[] = []
  const results = Array.from(changes, ([user, change]) => {
    if ('code' in change) return { user, errorCode: change.code, errorMessage: change.message }
    records.push(change.record)
    return { user, errorCode: ErrorCode.NONE, errorMessage: null }
  })
  return { response: { throttleTimeMs: 0, results }, records }
}

function deleted(view: ControllerView, { name, mechanism }: Deletion): Change {
  const refusal = refusalOf(view, name, mechanism)
  if (refusal !== null) return refusal
  if (view.image.scramCredentials.get(scramKey({ name, mechanism })) === undefined) {
    const message = 'Attempt to delete a user credential that does not exist'
    return { code: ErrorCode.RESOURCE_NOT_FOUND, message }
  }
  return { record: { kind: 'RemoveUserScramCredentialRecord', version: 0, value: { name, mechanism } } }
}

function upserted(view: ControllerView, upsertion: Upsertion): Change {
  const { name, mechanism, iterations, salt, saltedPassword } = upsertion
  const refusal = refusalOf(view, name, mechanism)
  if (refusal !== null) return refusal
  if (iterations < ITERATIONS_MIN || iterations > ITERATIONS_MAX) {
    const message = iterations < ITERATIONS_MIN ? 'Too few iterations' : 'Too many iterations'
    return { code: ErrorCode.UNACCEPTABLE_CREDENTIAL, message }
  }
  // As Kafka answers it: no key can be made of nothing.
  if (saltedPassword.length === 0) return { code: ErrorCode.UNKNOWN_SERVER_ERROR, message: null }
  const keys = scramStoredKeys(MECHANISMS[mechanism]!, saltedPassword)
  const value = { name, mechanism, salt, storedKey: keys.storedKey, serverKey: keys.serverKey, iterations }
  return { record: { kind: 'UserScramCredentialRecord', version: 0, value } }
}

function refusalOf(view: ControllerView, name: string, mechanism: number): Refusal | null {
  if (levelOf(view) < SCRAM_LEVEL) {
    const message = 'The current metadata.version does not support SCRAM.'
    return { code: ErrorCode.UNSUPPORTED_VERSION, message }
  }
  if (name === '') return { code: ErrorCode.UNACCEPTABLE_CREDENTIAL, message: 'Username must not be empty' }
  if (MECHANISMS[mechanism] === undefined) {
    return { code: ErrorCode.UNSUPPORTED_SASL_MECHANISM, message: 'Unknown SCRAM mechanism' }
  }
  return null
}
