/** kafka-topics --alter: more partitions. Says nothing when it succeeds. */
import { unwrap } from '@ottla/client'
import type { TopicCommand } from './kafka-topics.ts'
import { parseReplicaAssignment } from './replica-assignment.ts'
import { checkFound, selectTopics } from './select-topics.ts'

export async function alterTopics({ admin, options }: TopicCommand): Promise<void> {
  const names = await selectTopics(admin, options)
  checkFound(names, options)
  if (names.length === 0) return
  const totalCount = options.integer('partitions')!
  const text = options.value('replica-assignment')
  const wanted = text === undefined ? undefined : parseReplicaAssignment(text)
  const described = wanted === undefined ? undefined : await admin.describeTopics(names)
  const changes = names.map((topic) => {
    if (wanted === undefined || described === undefined) return { topic, totalCount }
    // The assignment names all partitions; those that are there keep their brokers.
    return { topic, totalCount, assignments: wanted.slice(unwrap(described.get(topic)).partitions.length) }
  })
  const outcomes = await admin.createPartitions(changes)
  for (const name of names) unwrap(outcomes.get(name))
}
