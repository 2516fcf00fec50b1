/** `ottla group delete`: groups, or what they have committed of a topic. */
import { unwrap } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { groupsNamed } from './group-facts.ts'

export async function run({ args, screen, open }: Invocation): Promise<void> {
  const groups = [...new Set(args.arguments('GROUP'))]
  const topics = new Set(args.values('topic'))
  const { admin } = await open()
  const listings = await groupsNamed(admin, groups)
  const what =
    topics.size === 0
      ? `Delete ${groups.join(', ')} with all committed offsets?`
      : `Forget what ${groups.join(', ')} committed of ${[...topics].join(', ')}?`
  await screen.confirm(what, { yes: args.has('yes') })
  if (topics.size === 0) {
    const outcomes = await admin.deleteGroups(groups)
    for (const group of groups) {
      unwrap(outcomes.get(group))
      screen.say(`Deleted group ${screen.style.bold(group)}`)
    }
  } else {
    for (const { group, type } of listings) {
      const isShare = type === 'share'
      const partitions = isShare ? [] : (await admin.listGroupOffsets(group)).filter(({ topic }) => topics.has(topic))
      const outcomes = isShare
        ? await admin.shareGroups.deleteOffsets(group, [...topics])
        : await admin.deleteGroupOffsets(group, partitions)
      for (const outcome of outcomes.values()) unwrap(outcome)
      screen.say(`Group ${screen.style.bold(group)} has forgotten ${[...topics].join(', ')}`)
    }
  }
  screen.json(groups)
}
