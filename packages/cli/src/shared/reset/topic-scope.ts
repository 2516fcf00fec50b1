/** `--topic T`, `--topic T:0,1,2`: the partitions that are meant. */
import { type KafkaError, type TopicPartition, unwrap } from '@ottla/client'
import type { ParsedOptions } from '../../options/parse-options.ts'
import { ToolError, UsageError } from '../../options/usage-error.ts'
import { errorText } from '../error-text.ts'
import type { GroupCommand } from '../group-command.ts'

export interface TopicScope {
  readonly partitions: readonly TopicPartition[]
  /** Topics that were named without partitions and are not there. */
  readonly missing: readonly { readonly topic: string; readonly error: KafkaError }[]
}

interface TopicArgument {
  readonly topic: string
  /** Null: all. */
  readonly partitions: readonly number[] | null
}

/** `option`: the one that names the topics. Throws UsageError. */
export function checkTopicArguments(options: ParsedOptions, option = 'topic'): void {
  topicArguments(options, option)
}

/** The partitions as they are named, whether they are there or not. */
export async function partitionsOfTopics(command: GroupCommand, option = 'topic'): Promise<TopicScope> {
  const { admin, options, timeoutMs } = command
  const wanted = topicArguments(options, option)
  const whole = wanted.filter(({ partitions }) => partitions === null).map(({ topic }) => topic)
  const missing: { topic: string; error: KafkaError }[] = []
  const named = wanted.flatMap(({ topic, partitions }) => (partitions ?? []).map((partition) => ({ topic, partition })))
  const chosen: TopicPartition[] = named
  for (const [topic, outcome] of await admin.describeTopics(whole, { timeoutMs })) {
    if (outcome.kind === 'failed') missing.push({ topic, error: outcome.error })
    else for (const { partition } of outcome.value.partitions) chosen.push({ topic, partition })
  }
  return { partitions: chosen, missing }
}

/** The partitions, all of which are there. Throws ToolError. */
export async function existingPartitions(command: GroupCommand, option = 'topic'): Promise<TopicPartition[]> {
  const { admin, options, timeoutMs } = command
  const wanted = topicArguments(options, option)
  const topics = await admin.describeTopics([...new Set(wanted.map(({ topic }) => topic))], { timeoutMs })
  const chosen: TopicPartition[] = []
  const unknown: string[] = []
  for (const { topic, partitions } of wanted) {
    const outcome = topics.get(topic)
    if (outcome?.kind === 'failed') throw new ToolError(errorText(outcome.error))
    const there = unwrap(outcome).partitions.map(({ partition }) => partition)
    for (const partition of partitions ?? there) {
      if (!there.includes(partition)) unknown.push(`${topic}-${partition}`)
      chosen.push({ topic, partition })
    }
  }
  if (unknown.length > 0) throw new ToolError(`The partitions "${unknown.join(',')}" do not exist`)
  return chosen
}

function topicArguments(options: ParsedOptions, option: string): TopicArgument[] {
  return options.values(option).map((text) => {
    const colon = text.indexOf(':')
    if (colon === -1) return { topic: text, partitions: null }
    const partitions = text.slice(colon + 1).split(',')
    for (const partition of partitions) {
      if (/^\d+$/.test(partition)) continue
      throw new UsageError(`Invalid partition '${partition}' specified in topic arg '${text}''`)
    }
    return { topic: text.slice(0, colon), partitions: partitions.map(Number) }
  })
}
