/** Topics chosen by a regular expression, as `--topic` of kafka-topics takes it. */
import { ToolError } from '../options/usage-error.ts'

const INTERNAL_TOPICS = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state'])

export function isInternalTopic(topic: string): boolean {
  return INTERNAL_TOPICS.has(topic)
}

/** Whether the whole name matches. Commas stand between alternatives; blanks and quotes around it are dropped. */
export function topicPattern(text: string): RegExp {
  const source = text
    .trim()
    .replaceAll(',', '|')
    .replaceAll(' ', '')
    .replace(/^["']+/, '')
    .replace(/["']+$/, '')
  try {
    return new RegExp(`^(?:${source})$`)
  } catch {
    throw new ToolError(`${text} is an invalid regex.`)
  }
}
