/** Versions and features of the brokers, and how they get on with each other and with this client. */
import { API_KEYS, apiOf } from '@ottla/protocol'
import { messageOf } from '../failure.ts'
import { type Finding, note, ok, problem, someOf } from './finding.ts'
import type { Patient } from './patient.ts'

export async function checkVersions({ cluster, admin }: Patient): Promise<Finding[]> {
  const findings: Finding[] = []
  const ranges = new Map<number, Map<number, string>>()
  for (const broker of cluster.brokers) {
    try {
      const { apis } = await admin.brokerVersions(broker)
      ranges.set(broker.id, new Map([...apis].map(([key, { min, max }]) => [key, `${min}-${max}`])))
    } catch (error) {
      findings.push(
        problem('error', 'broker-silent', {
          what: `broker ${broker.id} does not tell its API versions: ${messageOf(error)}`,
          why: 'Partitions that it leads can be neither read nor written.',
          fix: 'Look into its log; check the security protocol of the listener that it advertises.',
        }),
      )
    }
  }
  const keys = new Set([...ranges.values()].flatMap((apis) => [...apis.keys()]))
  const differing = [...keys].filter((key) => new Set([...ranges.values()].map((apis) => apis.get(key))).size > 1)
  if (differing.length > 0) {
    findings.push(
      problem('warning', 'broker-versions-differ', {
        what: `brokers speak different versions of ${someOf(differing.map((key) => apiOf(key)?.name ?? String(key)))}`,
        why: 'An upgrade is under way, or was not finished: clients use what all can do, and some features stay off.',
        fix: 'Bring all brokers to the same release, then raise the features (`ottla cluster features`).',
      }),
    )
  } else if (ranges.size > 0)
    findings.push(
      ok(
        'broker-versions',
        `${ranges.size === 1 ? 'the broker speaks' : `all ${ranges.size} brokers speak`} ${keys.size} APIs`,
      ),
    )
  const modern: readonly (readonly [keyof typeof API_KEYS, string])[] = [
    ['ConsumerGroupHeartbeat', 'the consumer group protocol (KIP-848)'],
    ['ShareFetch', 'share groups'],
  ]
  const missing = modern
    .filter(([name]) => ranges.size > 0 && [...ranges.values()].some((apis) => !apis.has(API_KEYS[name])))
    .map(([, what]) => what)
  if (missing.length > 0)
    findings.push(note('broker-old', `without ${missing.join(' and ')}: the brokers are older, or the feature is off`))
  return findings
}

export function checkCluster({ cluster }: Patient): Finding[] {
  const findings: Finding[] = []
  const fenced = cluster.brokers.filter(({ isFenced }) => isFenced)
  if (fenced.length > 0) {
    findings.push(
      problem('error', 'broker-fenced', {
        what: `broker ${fenced.map(({ id }) => id).join(', ')} is registered but takes no part`,
        why: 'It has stopped, or the controller does not hear from it.',
        fix: 'Start it, or look into its log.',
      }),
    )
  }
  if (cluster.controllerId === -1) {
    findings.push(
      problem('error', 'no-controller', {
        what: 'there is no controller',
        why: 'Nothing that changes metadata works: no topics are made, no leaders elected.',
        fix: 'Look into the logs of the controllers.',
      }),
    )
  }
  const addresses = new Map<string, number[]>()
  for (const { host, port, id } of cluster.brokers)
    addresses.set(`${host}:${port}`, [...(addresses.get(`${host}:${port}`) ?? []), id])
  for (const [address, ids] of addresses) {
    if (ids.length < 2) continue
    findings.push(
      problem('error', 'advertised-twice', {
        what: `brokers ${ids.join(' and ')} advertise the same address ${address}`,
        why: 'Clients that want one of them reach the other, and are told that it does not lead the partition.',
        fix: 'Give each its own port or name in advertised.listeners.',
      }),
    )
  }
  return findings
}
