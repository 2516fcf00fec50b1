/** kafka-topics --delete: says nothing when it succeeds. */
import { unwrap } from '@ottla/client'
import type { TopicCommand } from './kafka-topics.ts'
import { checkFound, selectTopics } from './select-topics.ts'

export async function deleteTopics({ admin, options }: TopicCommand): Promise<void> {
  const names = await selectTopics(admin, options)
  checkFound(names, options)
  if (names.length === 0) return
  const outcomes = await admin.deleteTopics({ names })
  for (const outcome of outcomes.values()) unwrap(outcome)
}
