/** Where the dead letters of a share group may go (KIP-1191): group, topic and broker all have a say. Pure. */

export interface DeadLetterRules {
  /** errors.deadletterqueue.topic.name of the group. */
  readonly topic: string
  /** errors.deadletterqueue.topic.name.prefix of the broker; empty: any name. */
  readonly prefix: string
  /** errors.deadletterqueue.auto.create.topics.enable of the broker. */
  readonly isAutoCreated: boolean
  /** Undefined when there is no such topic; else whether it takes dead letters (errors.deadletterqueue.group.enable). */
  readonly isEnabled: boolean | undefined
}

export type DeadLetterVerdict =
  | { readonly kind: 'write' }
  | { readonly kind: 'create' }
  /** Nothing may be written, whatever happens; the records are archived without a copy. */
  | { readonly kind: 'drop'; readonly reason: string }

export function deadLetterVerdict({ topic, prefix, isAutoCreated, isEnabled }: DeadLetterRules): DeadLetterVerdict {
  if (topic === '') return drop('the group has no dead-letter topic')
  if (topic.startsWith('__')) return drop('the name of a dead-letter topic may not start with __')
  if (prefix !== '' && !topic.startsWith(prefix))
    return drop(`the name of a dead-letter topic has to start with ${prefix}`)
  if (isEnabled === undefined) {
    return isAutoCreated ? { kind: 'create' } : drop('the topic does not exist, and is not created on demand')
  }
  return isEnabled ? { kind: 'write' } : drop('the topic does not take dead letters')
}

function drop(reason: string): DeadLetterVerdict {
  return { kind: 'drop', reason }
}
