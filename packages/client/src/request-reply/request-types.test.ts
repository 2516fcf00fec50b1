/** What the compiler knows of requests and replies. Nothing here runs. */
import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { jsonCodec, stringCodec } from '../codec/codecs.ts'
import type { Kafka } from '../kafka.ts'
import { topic } from '../topic.ts'

const questions = topic('questions', { key: stringCodec, value: jsonCodec<{ n: number }>() })
const answers = topic('answers', { value: jsonCodec<{ square: number }>() })

async function typed(kafka: Kafka): Promise<void> {
  const requester = kafka.requester({ replyTopic: answers })
  const { value } = await requester.request(questions, { key: 'a', value: { n: 1 } })
  const square: number | undefined = value?.square
  // @ts-expect-error the reply has no such field
  const other = value?.cube
  // @ts-expect-error the request is not of the topic's type
  await requester.request(questions, { value: { m: 1 } })
  const text: string | null = (await requester.request(questions, { value: { n: 1 } }, { reply: stringCodec })).value
  const bytes: Buffer | null = (
    await kafka.requester({ replyTopic: 'any' }).request('any', { value: Buffer.from('?') })
  ).value
  kafka.serve(questions, ({ value: asked }) => ({ square: (asked?.n ?? 0) ** 2 }), {
    groupId: 'g',
    reply: answers.value,
  })
  // @ts-expect-error the reply is not what its codec takes
  kafka.serve(questions, () => ({ cube: 1 }), { groupId: 'g', reply: answers.value })
  void [square, other, text, bytes]
}

test('types of requests and replies follow from the codecs', () => {
  equal(typeof typed, 'function')
})
