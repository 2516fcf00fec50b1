/** kafka-topics --list: one name per line; an empty line when there is none. */
import { printLine } from '../io.ts'
import type { TopicCommand } from './kafka-topics.ts'
import { selectTopics } from './select-topics.ts'

export async function listTopics({ admin, options, io }: TopicCommand): Promise<void> {
  printLine(io.stdout, (await selectTopics(admin, options)).sort().join('\n'))
}
