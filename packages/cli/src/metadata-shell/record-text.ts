/** Records as Kafka's classes write themselves. */
import type { BrokerRegistration, ControllerRegistration, FeatureRange, PartitionImage } from '@ottla/metadata'
import type { AccessControlEntryRecord, DelegationTokenRecord, UserScramCredentialRecord } from '@ottla/protocol'
import { formatInt64 } from '@ottla/stdx'

const SECURITY_PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']
const RECOVERY_STATES = ['RECOVERED', 'RECOVERING']
const RESOURCE_TYPES = ['UNKNOWN', 'ANY', 'TOPIC', 'GROUP', 'CLUSTER', 'TRANSACTIONAL_ID', 'DELEGATION_TOKEN', 'USER']
const PATTERN_TYPES = ['UNKNOWN', 'ANY', 'MATCH', 'LITERAL', 'PREFIXED']
const OPERATIONS = [
  ...['UNKNOWN', 'ANY', 'ALL', 'READ', 'WRITE', 'CREATE', 'DELETE', 'ALTER', 'DESCRIBE', 'CLUSTER_ACTION'],
  ...['DESCRIBE_CONFIGS', 'ALTER_CONFIGS', 'IDEMPOTENT_WRITE', 'CREATE_TOKENS', 'DESCRIBE_TOKENS', 'TWO_PHASE_COMMIT'],
]
const PERMISSIONS = ['UNKNOWN', 'ANY', 'DENY', 'ALLOW']

type Endpoint = BrokerRegistration['endpoints'][number]

export function brokerText(broker: BrokerRegistration): string {
  return object('BrokerRegistration', [
    ['id', broker.id],
    ['epoch', broker.epoch],
    ['incarnationId', broker.incarnationId],
    ['listeners', endpoints(broker.endpoints)],
    ['supportedFeatures', features(broker.supportedFeatures)],
    ['rack', broker.rack === null ? 'Optional.empty' : `Optional[${broker.rack}]`],
    ['fenced', broker.fenced],
    ['inControlledShutdown', broker.inControlledShutdown],
    ['isMigratingZkBroker', false],
    ['directories', list(broker.directories)],
    ['cordonedDirectories', broker.cordonedDirectories === null ? 'null' : list(broker.cordonedDirectories)],
  ])
}

export function controllerText(controller: ControllerRegistration): string {
  return object('ControllerRegistration', [
    ['id', controller.id],
    ['incarnationId', controller.incarnationId],
    ['zkMigrationReady', controller.zkMigrationReady],
    ['listeners', endpoints(controller.endpoints)],
    ['supportedFeatures', features(controller.supportedFeatures)],
  ])
}

export function partitionText(partition: PartitionImage): string {
  return object('PartitionRegistration', [
    ['replicas', list(partition.replicas)],
    ['directories', list(partition.directories)],
    ['isr', list(partition.isr)],
    ['removingReplicas', list(partition.removingReplicas)],
    ['addingReplicas', list(partition.addingReplicas)],
    ['elr', list(partition.eligibleLeaderReplicas)],
    ['lastKnownElr', list(partition.lastKnownElr)],
    ['leader', partition.leader],
    ['leaderRecoveryState', RECOVERY_STATES[partition.leaderRecoveryState] ?? 'UNKNOWN'],
    ['leaderEpoch', partition.leaderEpoch],
    ['partitionEpoch', partition.partitionEpoch],
  ])
}

export function aclText(acl: AccessControlEntryRecord): string {
  const fields: readonly (readonly [string, string])[] = [
    ['resourceType', RESOURCE_TYPES[acl.resourceType] ?? 'UNKNOWN'],
    ['resourceName', acl.resourceName],
    ['patternType', PATTERN_TYPES[acl.patternType] ?? 'UNKNOWN'],
    ['principal', acl.principal],
    ['host', acl.host],
    ['operation', OPERATIONS[acl.operation] ?? 'UNKNOWN'],
    ['permissionType', PERMISSIONS[acl.permissionType] ?? 'UNKNOWN'],
  ]
  return `StandardAcl[${fields.map(([key, value]) => `${key}=${value}`).join(', ')}]`
}

export function scramText(credential: UserScramCredentialRecord): string {
  return object('ScramCredentialData', [
    ['salt', credential.salt.toString('hex')],
    ['storedKey', credential.storedKey.toString('hex')],
    ['serverKey', credential.serverKey.toString('hex')],
    ['iterations', credential.iterations],
  ])
}

/** Brackets and blanks as Kafka sets them. */
export function tokenText(token: DelegationTokenRecord): string {
  const who = `tokenId=${token.tokenId}(owner=${token.owner}(tokenRequester=${token.requester}(renewers=${token.renewers.join(' ')}`
  const from = formatInt64(token.issueTimestamp)
  const [max, expiry] = [formatInt64(token.maxTimestamp), formatInt64(token.expirationTimestamp)]
  return `DelegationTokenData${who}, issueTimestamp=${from}, maxTimestamp=${max}), expiryTimestamp=${expiry}`
}

function object(name: string, fields: readonly (readonly [string, string | number | boolean])[]): string {
  return `${name}(${fields.map(([key, value]) => `${key}=${value}`).join(', ')})`
}

function list(items: readonly (string | number)[]): string {
  return `[${items.join(', ')}]`
}

function endpoints(all: readonly Endpoint[]): string {
  const sorted = [...all].sort((a, b) => (a.name < b.name ? -1 : 1))
  const texts = sorted.map(
    ({ name, host, port, securityProtocol }) =>
      `Endpoint(listenerName='${name}', securityProtocol=${SECURITY_PROTOCOLS[securityProtocol]}, host='${host}', port=${port})`,
  )
  return list(texts)
}

function features(ranges: ReadonlyMap<string, FeatureRange>): string {
  const sorted = [...ranges].sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([name, { min, max }]) => `${name}: ${min === max ? min : `${min}-${max}`}`).join(', ')}}`
}
