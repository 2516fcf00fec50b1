/** The tables as one thing each: what the rest of the program asks for a key by its name. */
import type { ConfigKey, ValuesOf } from './config-key.ts'
import { BROKER_KEYS as KAFKA_BROKER_KEYS } from './keys/broker-keys.ts'
import { CLIENT_METRICS_KEYS } from './keys/client-metrics-keys.ts'
import { GROUP_KEYS } from './keys/group-keys.ts'
import { OTTLA_BROKER_KEYS, OTTLA_TOPIC_KEYS } from './keys/ottla-keys.ts'
import { QUOTA_BROKER_KEYS } from './keys/quota-broker-keys.ts'
import { QUOTA_IP_KEYS } from './keys/quota-ip-keys.ts'
import { QUOTA_USER_CLIENT_KEYS } from './keys/quota-user-client-keys.ts'
import { TOPIC_KEYS as KAFKA_TOPIC_KEYS } from './keys/topic-keys.ts'

type BrokerKey =
  | (typeof KAFKA_BROKER_KEYS)[number]
  | (typeof OTTLA_BROKER_KEYS)[number]
  | (typeof QUOTA_BROKER_KEYS)[number]
type TopicKey = (typeof KAFKA_TOPIC_KEYS)[number] | (typeof OTTLA_TOPIC_KEYS)[number]
type GroupKey = (typeof GROUP_KEYS)[number]
type ClientMetricsKey = (typeof CLIENT_METRICS_KEYS)[number]

/** Values of all broker settings by name. */
export interface BrokerValues extends ValuesOf<BrokerKey> {}
/** Values of all topic settings by name. */
export interface TopicValues extends ValuesOf<TopicKey> {}
/** Values of all group settings by name. */
export interface GroupValues extends ValuesOf<GroupKey> {}
/** Values of all client metrics settings by name. */
export interface ClientMetricsValues extends ValuesOf<ClientMetricsKey> {}

/** An ordered table of keys with look-up by name. */
export type KeyTable = ReadonlyMap<string, ConfigKey>

export const topicKeys: KeyTable = table([...KAFKA_TOPIC_KEYS, ...OTTLA_TOPIC_KEYS])
export const groupKeys: KeyTable = table(GROUP_KEYS)
export const brokerKeys: KeyTable = table(
  withInheritedDocs([...KAFKA_BROKER_KEYS, ...OTTLA_BROKER_KEYS, ...QUOTA_BROKER_KEYS]),
)
export const clientMetricsKeys: KeyTable = table(CLIENT_METRICS_KEYS)
export const quotaUserClientKeys: KeyTable = table(QUOTA_USER_CLIENT_KEYS)
export const quotaIpKeys: KeyTable = table(QUOTA_IP_KEYS)

/** What each setting is when nobody sets it. */
export function defaultsOf<Values>(keys: KeyTable): Values {
  return Object.fromEntries([...keys].map(([name, key]) => [name, key.default])) as Values
}

function table(rows: readonly ConfigKey[]): KeyTable {
  return new Map(rows.map((row) => [row.name, row]))
}

/** A broker's setting that gives topics and groups theirs means the same thing. */
function withInheritedDocs(rows: readonly ConfigKey[]): ConfigKey[] {
  const docs = new Map<string, string>()
  for (const { doc, brokerSynonyms = [] } of [...topicKeys.values(), ...groupKeys.values()]) {
    const [first] = brokerSynonyms
    if (doc !== undefined && first?.factor === 1) docs.set(first.name, doc)
  }
  return rows.map((row) => {
    const doc = row.doc ?? docs.get(row.name)
    return doc === undefined ? row : { ...row, doc }
  })
}
