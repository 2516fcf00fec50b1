/** Who may do what with which resource, in Kafka's words. */

/** By number on the wire; 0 is what this client does not know. */
const RESOURCE_TYPES = [
  'UNKNOWN',
  'ANY',
  'TOPIC',
  'GROUP',
  'CLUSTER',
  'TRANSACTIONAL_ID',
  'DELEGATION_TOKEN',
  'USER',
] as const
const PATTERN_TYPES = ['UNKNOWN', 'ANY', 'MATCH', 'LITERAL', 'PREFIXED'] as const
const PERMISSIONS = ['UNKNOWN', 'ANY', 'DENY', 'ALLOW'] as const
const OPERATIONS = [
  'UNKNOWN',
  'ANY',
  'ALL',
  'READ',
  'WRITE',
  'CREATE',
  'DELETE',
  'ALTER',
  'DESCRIBE',
  'CLUSTER_ACTION',
  'DESCRIBE_CONFIGS',
  'ALTER_CONFIGS',
  'IDEMPOTENT_WRITE',
  'CREATE_TOKENS',
  'DESCRIBE_TOKENS',
  'TWO_PHASE_COMMIT',
] as const

type Known<T extends readonly string[]> = Exclude<T[number], 'UNKNOWN'>

/** `ANY` in filters alone. */
export type AclResourceType = Known<typeof RESOURCE_TYPES>
/** How the name of a resource is meant. `ANY` and `MATCH` in filters alone: of either kind, and every pattern that covers the name. */
export type AclPatternType = Known<typeof PATTERN_TYPES>
/** `ANY` in filters alone. */
export type AclPermission = Known<typeof PERMISSIONS>
/** `ANY` in filters alone; `ALL` is every operation there is. */
export type AclOperation = Known<typeof OPERATIONS>

export interface AclBinding {
  readonly resourceType: Exclude<AclResourceType, 'ANY'>
  /** `*`: all of the type. The cluster's is `kafka-cluster`. */
  readonly resourceName: string
  readonly patternType: 'LITERAL' | 'PREFIXED'
  /** `User:name`, or `User:*` for everybody. */
  readonly principal: string
  /** An address, or `*` for all. */
  readonly host: string
  readonly operation: Exclude<AclOperation, 'ANY'>
  readonly permission: 'ALLOW' | 'DENY'
}

/** What is left out may be anything. */
export interface AclFilter {
  readonly resourceType?: AclResourceType
  readonly resourceName?: string
  /** Default: ANY. */
  readonly patternType?: AclPatternType
  readonly principal?: string
  readonly host?: string
  readonly operation?: AclOperation
  readonly permission?: AclPermission
}

/** The name of the one resource of type CLUSTER. */
export const CLUSTER_RESOURCE = 'kafka-cluster'

interface WireBinding {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** One text for each binding, to look up outcomes. */
export function aclKey(binding: AclBinding): string {
  const { resourceType, patternType, resourceName, principal, host, operation, permission } = binding
  return [resourceType, patternType, resourceName, principal, host, operation, permission].join(' ')
}

export function wireBinding(
  binding: AclBinding,
): Omit<WireBinding, 'patternType'> & { readonly resourcePatternType: number } {
  return {
    resourceType: RESOURCE_TYPES.indexOf(binding.resourceType),
    resourceName: binding.resourceName,
    resourcePatternType: PATTERN_TYPES.indexOf(binding.patternType),
    principal: binding.principal,
    host: binding.host,
    operation: OPERATIONS.indexOf(binding.operation),
    permissionType: PERMISSIONS.indexOf(binding.permission),
  }
}

export function wireFilter(filter: AclFilter) {
  return {
    resourceTypeFilter: RESOURCE_TYPES.indexOf(filter.resourceType ?? 'ANY'),
    resourceNameFilter: filter.resourceName ?? null,
    patternTypeFilter: PATTERN_TYPES.indexOf(filter.patternType ?? 'ANY'),
    principalFilter: filter.principal ?? null,
    hostFilter: filter.host ?? null,
    operation: OPERATIONS.indexOf(filter.operation ?? 'ANY'),
    permissionType: PERMISSIONS.indexOf(filter.permission ?? 'ANY'),
  }
}

/** What a newer broker tells and this client does not know reads UNKNOWN. */
export function bindingOf(wire: WireBinding): AclBinding {
  return {
    resourceType: nameOf(RESOURCE_TYPES, wire.resourceType) as AclBinding['resourceType'],
    resourceName: wire.resourceName,
    patternType: nameOf(PATTERN_TYPES, wire.patternType) as AclBinding['patternType'],
    principal: wire.principal,
    host: wire.host,
    operation: nameOf(OPERATIONS, wire.operation) as AclBinding['operation'],
    permission: nameOf(PERMISSIONS, wire.permissionType) as AclBinding['permission'],
  }
}

/** The operations whose bits are set, as brokers tell what the caller may do; null when they did not. */
export function operationsOf(bits: number): AclOperation[] | null {
  if (bits === -(2 ** 31)) return null
  return OPERATIONS.filter((name, bit) => name !== 'UNKNOWN' && (bits & (1 << bit)) !== 0) as AclOperation[]
}

function nameOf(names: readonly string[], number: number): string {
  return names[number] ?? 'UNKNOWN'
}
