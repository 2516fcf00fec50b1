/** `--input-topic T`, `--input-topic T:0,1`, `--all-input-topics`: the partitions that are meant. */
import { type CommittedOffset, type StreamsGroupDescription, type TopicPartition, unwrap } from '@ottla/client'
import { ToolError } from '../options/usage-error.ts'
import { errorTextWithClass } from '../shared/error-text.ts'
import type { GroupCommand } from '../shared/group-command.ts'

/** Of the topics that the application reads, those partitions that the group has offsets for. Throws ToolError. */
export async function allInputs(group: string, { admin, timeoutMs }: GroupCommand): Promise<CommittedOffset[]> {
  const outcome = (await admin.streamsGroups.describe([group], { timeoutMs })).get(group)
  if (outcome?.kind === 'failed') {
    throw new ToolError(`java.util.concurrent.ExecutionException: ${errorTextWithClass(outcome.error)}`)
  }
  const sources = new Set(subtopologies(unwrap(outcome)).flatMap(({ sourceTopics }) => sourceTopics))
  return (await admin.listGroupOffsets(group, { timeoutMs })).filter(({ topic }) => sources.has(topic))
}

/** Topics that the application made for itself, as far as their names say so. */
export function internalTopics(description: StreamsGroupDescription): string[] {
  const names = subtopologies(description).flatMap(({ repartitionSourceTopics, stateChangelogTopics }) =>
    [...repartitionSourceTopics, ...stateChangelogTopics].map(({ name }) => name),
  )
  const prefix = `${description.groupId}-`
  return [...new Set(names)].filter((name) => name.startsWith(prefix) && INTERNAL.test(name))
}

/** Partitions that a member reads: sources and repartition topics of its active tasks. */
export function partitionsRead(description: StreamsGroupDescription): TopicPartition[] {
  const byId = new Map(subtopologies(description).map((one) => [one.subtopologyId, one]))
  return description.members.flatMap(({ assignment }) =>
    assignment.activeTasks.flatMap(({ subtopologyId, partitions }) => {
      const { sourceTopics = [], repartitionSourceTopics = [] } = byId.get(subtopologyId) ?? {}
      const topics = [...sourceTopics, ...repartitionSourceTopics.map(({ name }) => name)]
      return topics.flatMap((topic) => partitions.map((partition) => ({ topic, partition })))
    }),
  )
}

const INTERNAL =
  /-(changelog|repartition|subscription-registration-topic|subscription-response-topic|KTABLE-FK-JOIN-SUBSCRIPTION-(REGISTRATION|RESPONSE)-\d+-topic)$/

function subtopologies({ topology }: StreamsGroupDescription) {
  return topology?.subtopologies ?? []
}
