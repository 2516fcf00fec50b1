/** By what a message is known again. */
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import { headerText, lastHeader } from '../request-reply/reply-headers.ts'
import { numberOf } from '../retry/failure-headers.ts'

/** The header in which a writer gives a message its id; the outbox does. */
export const MESSAGE_ID = 'ottla_message-id'

/**
 * The message's own id, where it has one; else the place where it was first written: that which a retry topic's headers tell, or its own. So what comes again by a
 * repeated delivery or a retry topic has the same id; what a producer without idempotence wrote twice has not.
 */
export function messageIdOf(record: Pick<ConsumerRecord, 'headers' | 'topic' | 'partition' | 'offset'>): string {
  const { headers, topic, partition, offset } = record
  const own = headerText(headers, MESSAGE_ID)
  if (own !== null && own !== '') return own
  const first = headerText(headers, 'kafka_original-topic')
  if (first === null) return `${topic}-${partition}@${offset}`
  const number = (name: string) => numberOf(lastHeader(headers, `kafka_original-${name}`))
  return `${first}-${number('partition')}@${number('offset')}`
}
