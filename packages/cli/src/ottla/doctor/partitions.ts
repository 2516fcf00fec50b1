/** Partitions without leader or replicas, and topics that keep too much or too little. */
import { type ConfigEntry, ConfigResourceType, resourceKey } from '@ottla/client'
import { plural } from '../quantities.ts'
import { type Finding, ok, problem, someOf } from './finding.ts'
import type { Patient } from './patient.ts'

export function checkPartitions({ topics, cluster }: Patient): Finding[] {
  const all = topics.flatMap(({ name, partitions }) =>
    partitions.map((partition) => ({ name: `${name}-${partition.partition}`, ...partition })),
  )
  const offline = all.filter(({ leader }) => leader === null)
  const under = all.filter(({ leader, isr, replicas }) => leader !== null && isr.length < replicas.length)
  const findings: Finding[] = []
  if (offline.length > 0) {
    findings.push(
      problem('error', 'partitions-offline', {
        what: `${plural(offline.length, 'partition')} without a leader: ${someOf(offline.map(({ name }) => name))}`,
        why: 'They can be neither read nor written.',
        fix: 'Start the brokers that hold their replicas (`ottla topic describe` names them).',
      }),
    )
  }
  if (under.length > 0) {
    findings.push(
      problem('warning', 'partitions-under-replicated', {
        what: `${plural(under.length, 'partition')} with replicas that are not in sync: ${someOf(under.map(({ name }) => name))}`,
        why: 'One more failure may lose records, or stop writes where min.insync.replicas asks for more.',
        fix: 'See whether a broker is down or its disk or network too slow.',
      }),
    )
  }
  const single = topics.filter(({ partitions }) => partitions.some(({ replicas }) => replicas.length === 1))
  if (cluster.brokers.length > 1 && single.length > 0) {
    findings.push(
      problem('warning', 'topics-unreplicated', {
        what: `${plural(single.length, 'topic')} with one replica on a cluster of ${cluster.brokers.length} brokers: ${someOf(single.map(({ name }) => name))}`,
        why: 'When that broker is away, so are the records.',
        fix: 'Add replicas with kafka-reassign-partitions, and set default.replication.factor.',
      }),
    )
  }
  if (offline.length + under.length === 0)
    findings.push(
      ok(
        'partitions-healthy',
        `all ${plural(all.length, 'partition')} of ${plural(topics.length, 'topic')} have a leader and all replicas in sync`,
      ),
    )
  return findings
}

export async function checkTopicSettings({ admin, topics }: Patient): Promise<Finding[]> {
  const own = topics.filter(({ isInternal }) => !isInternal)
  const keys = [
    'cleanup.policy',
    'retention.ms',
    'retention.bytes',
    'min.insync.replicas',
    'unclean.leader.election.enable',
  ]
  const resources = own.map(({ name }) => ({ type: ConfigResourceType.topic, name }))
  const outcomes = await admin.describeConfigs(resources, { keys })
  const endless: string[] = []
  const unwritable: string[] = []
  const unclean: string[] = []
  for (const { name, partitions } of own) {
    const outcome = outcomes.get(resourceKey({ type: ConfigResourceType.topic, name }))
    if (outcome?.kind !== 'done') continue
    const values = valuesOf(outcome.value)
    const isCompacted = values.get('cleanup.policy')?.includes('compact') === true
    if (!isCompacted && values.get('retention.ms') === '-1' && values.get('retention.bytes') === '-1')
      endless.push(name)
    const least = Number(values.get('min.insync.replicas') ?? 1)
    if (partitions.some(({ replicas }) => replicas.length < least)) unwritable.push(name)
    if (values.get('unclean.leader.election.enable') === 'true') unclean.push(name)
  }
  return [
    ...(endless.length === 0
      ? []
      : [
          problem('warning', 'topics-without-retention', {
            what: `${plural(endless.length, 'topic')} that keep everything for ever: ${someOf(endless)}`,
            why: 'With neither retention.ms nor retention.bytes the disk fills up some day.',
            fix: 'ottla config set topic/NAME retention.ms=604800000 keeps a week; cleanup.policy=compact the newest of each key.',
          }),
        ]),
    ...(unwritable.length === 0
      ? []
      : [
          problem('error', 'topics-unwritable', {
            what: `${plural(unwritable.length, 'topic')} with fewer replicas than min.insync.replicas: ${someOf(unwritable)}`,
            why: 'Every write with acks=all is refused.',
            fix: 'Lower min.insync.replicas, or add replicas.',
          }),
        ]),
    ...(unclean.length === 0
      ? []
      : [
          problem('warning', 'topics-unclean', {
            what: `${plural(unclean.length, 'topic')} with unclean.leader.election.enable: ${someOf(unclean)}`,
            why: 'When all replicas in sync are away, one that lags becomes leader, and acknowledged records are lost.',
            fix: 'Switch it off where records matter more than being able to write.',
          }),
        ]),
  ]
}

function valuesOf(entries: readonly ConfigEntry[]): Map<string, string | null> {
  return new Map(entries.map(({ name, value }) => [name, value]))
}
