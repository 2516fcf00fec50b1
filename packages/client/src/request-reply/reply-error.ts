import type { RecordHeader } from '@ottla/protocol'
import { KafkaError } from '../errors.ts'
import { EXCEPTION_MESSAGE, EXCEPTION_NAME, headerText, NEST_ERROR } from './reply-headers.ts'

/** Who served the request answered with an error. */
export class ReplyError extends KafkaError {
  override readonly name = 'ReplyError'
  /** Name of the error there: its class in Java, its `name` in JavaScript. */
  readonly remoteName: string
  /** Headers of the reply. */
  readonly headers: readonly RecordHeader[]

  constructor(remote: { readonly name: string; readonly message: string }, headers: readonly RecordHeader[]) {
    super('REPLY_FAILED', remote.message)
    this.remoteName = remote.name
    this.headers = headers
  }
}

/** What the headers of a reply say went wrong; null when it is a good one. */
export function replyErrorOf(headers: readonly RecordHeader[]): ReplyError | null {
  const name = headerText(headers, EXCEPTION_NAME)
  if (name !== null) return new ReplyError({ name, message: headerText(headers, EXCEPTION_MESSAGE) ?? name }, headers)
  const nest = headerText(headers, NEST_ERROR)
  return nest === null || nest === '' ? null : new ReplyError({ name: 'Error', message: nest }, headers)
}
