/** `ottla topic clone`: another topic like this one. */
import { ConfigResourceType, resourceKey, unwrap } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { codeOf } from '../failure.ts'
import { plural } from '../quantities.ts'
import { Failure } from '../usage-problem.ts'
import { describeNamed } from './topic-facts.ts'

export async function run({ args, screen, open }: Invocation): Promise<void> {
  const from = args.required('TOPIC')
  const name = args.required('NEW')
  const { admin } = await open()
  const [description] = await describeNamed(admin, [from])
  const resource = { type: ConfigResourceType.topic, name: from }
  const entries = unwrap((await admin.describeConfigs([resource])).get(resourceKey(resource)))
  const own = entries.filter(({ source, value }) => source === 'DYNAMIC_TOPIC_CONFIG' && value !== null)
  const configs = Object.fromEntries(own.map((entry) => [entry.name, entry.value]))
  const { partitions } = description!
  const created = (
    await admin.createTopics([
      { name, partitionCount: partitions.length, replicationFactor: partitions[0]?.replicas.length, configs },
    ])
  ).get(name)
  if (created?.kind === 'failed' && codeOf(created.error) === 'TOPIC_ALREADY_EXISTS')
    throw new Failure(`topic ${name} exists already`)
  const { id } = unwrap(created)
  screen.json({ name, id, partitions: partitions.length, configs })
  const settings = own.length === 0 ? '' : ` and ${plural(own.length, 'setting')}`
  screen.say(
    `Created topic ${screen.style.bold(name)} with ${plural(partitions.length, 'partition')}${settings} like ${from}`,
  )
  screen.remark(`Records, too: ottla consume ${from} -e --json | ottla produce ${name} -J --keep-partitions`)
}
