/** `ottla cluster info`. */
import type { Invocation } from '../command.ts'
import { formatCount } from '../quantities.ts'
import { healthOf } from '../topic/topic-facts.ts'

export async function run({ screen, open }: Invocation): Promise<void> {
  const { admin, target } = await open()
  const [cluster, listed] = await Promise.all([admin.describeCluster(), admin.listTopics()])
  const [described, groups] = await Promise.all([
    admin.describeTopics(listed.map(({ name }) => name)),
    admin.listGroups().catch(() => null),
  ])
  const topics = [...described.values()].flatMap((outcome) => (outcome.kind === 'done' ? [outcome.value] : []))
  const sum = (count: (topic: (typeof topics)[number]) => number) =>
    topics.reduce((total, topic) => total + count(topic), 0)
  const facts = {
    clusterId: cluster.clusterId,
    controller: cluster.controllerId,
    servers: target.bootstrapServers,
    brokers: cluster.brokers.length,
    topics: topics.length,
    partitions: sum(({ partitions }) => partitions.length),
    offlinePartitions: sum((topic) => healthOf(topic).offline),
    underReplicatedPartitions: sum((topic) => healthOf(topic).underReplicated),
    groups: groups?.length ?? null,
  }
  screen.json(facts)
  const { green, red, yellow } = screen.style
  const { offlinePartitions: offline, underReplicatedPartitions: under } = facts
  const health = [
    ...(offline > 0 ? [red(`${offline} partitions offline`)] : []),
    ...(under > 0 ? [yellow(`${under} partitions under-replicated`)] : []),
  ]
  screen.pairs([
    ['Cluster', facts.clusterId],
    ['Asked', `${facts.servers} (${target.source})`],
    ['Brokers', `${facts.brokers}, controller is ${facts.controller}`],
    ['Topics', `${formatCount(facts.topics)} with ${formatCount(facts.partitions)} partitions`],
    ['Groups', facts.groups],
    ['Health', health.length === 0 ? green('ok') : health.join(', ')],
  ])
}
