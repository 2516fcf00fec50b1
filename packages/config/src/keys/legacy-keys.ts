/**
 * Keys that are met in the files of older brokers (2.4 to 3.9) and that 4.4 no longer has, and keys of 4.4 whose effect
 * is not there yet. What each does here: `ignored` (one warning), `replaced` (another key gets the value, with one
 * notice), `refused` (the broker does not start: going on would quietly leave out what the user asked for).
 */

export interface LegacyKey {
  /** Exact name, or a prefix when it ends with `*`. */
  readonly name: string
  readonly treatment: 'ignored' | 'replaced' | 'refused'
  /** Keys that take the value where they are not set themselves. */
  readonly by?: readonly string[]
  /** Ends the sentence "<key>: …". */
  readonly because: string
}

const ZOOKEEPER_LATER = 'ZooKeeper mode is not there yet: this broker keeps its metadata itself. Remove the key'
const NO_EFFECT = 'it has no effect since Kafka 4'

export const LEGACY_KEYS: readonly LegacyKey[] = [
  { name: 'zookeeper.connect', treatment: 'refused', because: `${ZOOKEEPER_LATER} to start a single node` },
  { name: 'zookeeper.metadata.migration.enable', treatment: 'refused', because: ZOOKEEPER_LATER },
  { name: 'zookeeper.*', treatment: 'ignored', because: 'without zookeeper.connect it has no effect' },
  { name: 'broker.id.generation.enable', treatment: 'ignored', because: NO_EFFECT },
  { name: 'reserved.broker.max.id', treatment: 'ignored', because: NO_EFFECT },
  { name: 'control.plane.listener.name', treatment: 'ignored', because: 'it belongs to ZooKeeper mode' },
  { name: 'controlled.shutdown.max.retries', treatment: 'ignored', because: NO_EFFECT },
  { name: 'controlled.shutdown.retry.backoff.ms', treatment: 'ignored', because: NO_EFFECT },
  {
    name: 'delegation.token.master.key',
    treatment: 'replaced',
    by: ['delegation.token.secret.key'],
    because: 'use delegation.token.secret.key',
  },
  { name: 'inter.broker.protocol.version', treatment: 'ignored', because: 'the level of metadata.version rules' },
  { name: 'log.message.format.version', treatment: 'ignored', because: 'only message format 2 is written' },
  { name: 'log.message.downconversion.enable', treatment: 'ignored', because: NO_EFFECT },
  {
    name: 'log.message.timestamp.difference.max.ms',
    treatment: 'replaced',
    by: ['log.message.timestamp.before.max.ms', 'log.message.timestamp.after.max.ms'],
    because: 'use log.message.timestamp.before.max.ms and log.message.timestamp.after.max.ms',
  },
  { name: 'leader.imbalance.per.broker.percentage', treatment: 'ignored', because: NO_EFFECT },
  { name: 'offsets.commit.required.acks', treatment: 'ignored', because: NO_EFFECT },
  { name: 'password.encoder.*', treatment: 'ignored', because: 'it belongs to ZooKeeper mode' },
  { name: 'quota.consumer.default', treatment: 'ignored', because: 'set a default client quota instead' },
  { name: 'quota.producer.default', treatment: 'ignored', because: 'set a default client quota instead' },
  { name: 'auto.include.jmx.reporter', treatment: 'ignored', because: NO_EFFECT },
  { name: 'eligible.leader.replicas.enable', treatment: 'ignored', because: NO_EFFECT },
  { name: 'group.coordinator.new.enable', treatment: 'ignored', because: NO_EFFECT },
  // Read by the listener rules; named here so that they are known.
  { name: 'host.name', treatment: 'replaced', by: ['listeners'], because: 'use listeners' },
  { name: 'port', treatment: 'replaced', by: ['listeners'], because: 'use listeners' },
  {
    name: 'advertised.host.name',
    treatment: 'replaced',
    by: ['advertised.listeners'],
    because: 'use advertised.listeners',
  },
  { name: 'advertised.port', treatment: 'replaced', by: ['advertised.listeners'], because: 'use advertised.listeners' },
]

/** Keys of 4.4 that ask for something that is not there yet, when set to anything but `unless`. */
export interface UnsupportedKey {
  readonly name: string
  /** Values that ask for nothing. */
  readonly unless: readonly string[]
  readonly treatment: 'ignored' | 'refused'
  readonly because: string
}

export const UNSUPPORTED_KEYS: readonly UnsupportedKey[] = [
  {
    name: 'authorizer.class.name',
    unless: [''],
    treatment: 'refused',
    because: 'authorization is not there yet, and starting without it would let everybody in',
  },
  {
    name: 'create.topic.policy.class.name',
    unless: [''],
    treatment: 'refused',
    because: 'policies written in Java cannot be loaded, and starting without it would not enforce it',
  },
  {
    name: 'alter.config.policy.class.name',
    unless: [''],
    treatment: 'refused',
    because: 'policies written in Java cannot be loaded, and starting without it would not enforce it',
  },
  {
    name: 'client.quota.callback.class',
    unless: [''],
    treatment: 'ignored',
    because: 'classes written in Java cannot be loaded',
  },
  { name: 'config.providers', unless: [''], treatment: 'refused', because: 'config providers are not there yet' },
  {
    name: 'remote.log.storage.system.enable',
    unless: ['false'],
    treatment: 'ignored',
    because: 'tiered storage is not there yet: all segments stay local',
  },
  {
    name: 'delegation.token.secret.key',
    unless: [''],
    treatment: 'ignored',
    because: 'delegation tokens are not there yet',
  },
]
