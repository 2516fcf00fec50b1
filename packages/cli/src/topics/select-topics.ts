/** The topics that an action is about. */
import type { Admin } from '@ottla/client'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError } from '../options/usage-error.ts'
import { javaMapOrder, stringHash } from '../shared/java-map-order.ts'
import { isInternalTopic, topicPattern } from '../shared/topic-filter.ts'

/** Names that match `--topic` (all without it), in the order of Kafka's tool. */
export async function selectTopics(admin: Admin, options: ParsedOptions): Promise<string[]> {
  const names = (await admin.listTopics()).map(({ name }) => name)
  const text = options.value('topic')
  const pattern = text === undefined ? /^/ : topicPattern(text)
  const isExcluded = (name: string) => options.has('exclude-internal') && isInternalTopic(name)
  return javaMapOrder(names, stringHash).filter((name) => pattern.test(name) && !isExcluded(name))
}

/** Throws when a topic was asked for and none is there, unless `--if-exists` allows that. */
export function checkFound(topics: readonly string[], options: ParsedOptions): void {
  if (topics.length > 0 || !options.has('topic') || options.has('if-exists')) return
  throw new ToolError(`Topic '${options.value('topic')}' does not exist as expected`)
}
