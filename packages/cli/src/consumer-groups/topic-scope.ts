/** `--topic T`, `--topic T:0,1,2`: the partitions that are meant. */
import type { KafkaError, TopicPartition } from '@ottla/client'
import type { GroupCommand } from '../shared/group-command.ts'

export interface TopicScope {
  readonly partitions: readonly TopicPartition[]
  /** Topics that were named without partitions and are not there. */
  readonly missing: readonly { readonly topic: string; readonly error: KafkaError }[]
}

const WITH_PARTITIONS = /^([^:]+):(\d+(?:,\d+)*)$/

/** `option`: the one that names the topics. */
export async function partitionsOfTopics(
  { admin, options, timeoutMs }: GroupCommand,
  option = 'topic',
): Promise<TopicScope> {
  const partitions: TopicPartition[] = []
  const whole: string[] = []
  for (const text of options.values(option)) {
    const match = WITH_PARTITIONS.exec(text)
    if (match === null) whole.push(text)
    else for (const number of match[2]!.split(',')) partitions.push({ topic: match[1]!, partition: Number(number) })
  }
  const missing: { topic: string; error: KafkaError }[] = []
  for (const [topic, outcome] of await admin.describeTopics(whole, { timeoutMs })) {
    if (outcome.kind === 'failed') missing.push({ topic, error: outcome.error })
    else for (const { partition } of outcome.value.partitions) partitions.push({ topic, partition })
  }
  return { partitions, missing }
}
