/** `ottla topic delete`. */
import { unwrap } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { plural } from '../quantities.ts'
import { describeNamed, isUnknownTopic } from './topic-facts.ts'

export async function run({ args, screen, open }: Invocation): Promise<void> {
  let names = [...new Set(args.arguments('TOPIC'))]
  const { admin } = await open()
  if (args.has('if-exists')) {
    const there = new Set((await admin.listTopics()).map(({ name }) => name))
    names = names.filter((name) => there.has(name))
  } else await describeNamed(admin, names)
  if (names.length > 0) {
    const what = names.length === 1 ? `topic ${names[0]}` : `${plural(names.length, 'topic')} (${names.join(', ')})`
    await screen.confirm(`Delete ${what} with all records?`, { yes: args.has('yes') })
    const outcomes = await admin.deleteTopics({ names })
    for (const name of names) {
      const outcome = outcomes.get(name)
      // Somebody else was faster.
      if (!(outcome?.kind === 'failed' && isUnknownTopic(outcome.error))) unwrap(outcome)
      screen.say(`Deleted topic ${screen.style.bold(name)}`)
    }
  }
  screen.json(names)
}
