/** `--topic-partitions topic1:1,topic2:0-3,topic3,topic4:5-,topic5:-3` */
import type { TopicPartition } from '@ottla/client'
import { ToolError } from '../options/usage-error.ts'

export type PartitionFilter = (partition: TopicPartition) => boolean

const PATTERN = /^([^:,]*)(?::(?:(\d*)|(\d*)-(\d*)))?$/

/** True for partitions that any of the patterns matches. Throws ToolError. */
export function parsePartitionPatterns(text: string): PartitionFilter {
  const filters = text.split(',').map(parsePattern)
  return (partition) => filters.some((filter) => filter(partition))
}

function parsePattern(text: string): PartitionFilter {
  const match = PATTERN.exec(text)
  if (match === null) {
    // With the name of Java's exception, as Kafka's tool shows it.
    throw new ToolError(`org.apache.kafka.tools.TerseException: Invalid rule specification: ${text}`)
  }
  const [, name = '', one, from, to] = match
  const topic = name === '' ? /^/ : new RegExp(`^(?:${name})$`)
  if (one !== undefined && one !== '') return (tp) => topic.test(tp.topic) && tp.partition === Number(one)
  const lower = from === undefined || from === '' ? 0 : Number(from)
  const upper = to === undefined || to === '' ? Number.POSITIVE_INFINITY : Number(to)
  return (tp) => topic.test(tp.topic) && tp.partition >= lower && tp.partition < upper
}
