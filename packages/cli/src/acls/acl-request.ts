/** What a command line of kafka-acls is about: resources, and who may do what with each. */
import {
  type AclBinding,
  type AclOperation,
  type AclPatternType,
  type AclResourceType,
  CLUSTER_RESOURCE,
} from '@ottla/client'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError, UsageError } from '../options/usage-error.ts'

export interface ResourceFilter {
  readonly type: Exclude<AclResourceType, 'ANY'>
  readonly name: string
  readonly pattern: AclPatternType
}

/** Who may do what, of whatever resource. */
export type Entry = Pick<AclBinding, 'principal' | 'host' | 'operation' | 'permission'>

type Operation = AclBinding['operation']

const PATTERNS: readonly AclPatternType[] = ['ANY', 'MATCH', 'LITERAL', 'PREFIXED']
const RESOURCE_OPTIONS = {
  topic: 'TOPIC',
  group: 'GROUP',
  'transactional-id': 'TRANSACTIONAL_ID',
  'delegation-token': 'DELEGATION_TOKEN',
  'user-principal': 'USER',
} as const
const CLUSTER: ResourceFilter = { type: 'CLUSTER', name: CLUSTER_RESOURCE, pattern: 'LITERAL' }

/** What may be allowed and denied for each kind. */
const SUPPORTED: Readonly<Record<ResourceFilter['type'], readonly Operation[]>> = {
  TOPIC: ['ALL', 'READ', 'WRITE', 'CREATE', 'DELETE', 'ALTER', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  GROUP: ['ALL', 'READ', 'DELETE', 'DESCRIBE', 'DESCRIBE_CONFIGS', 'ALTER_CONFIGS'],
  CLUSTER: [
    'ALL',
    'CREATE',
    'ALTER',
    'DESCRIBE',
    'CLUSTER_ACTION',
    'DESCRIBE_CONFIGS',
    'ALTER_CONFIGS',
    'IDEMPOTENT_WRITE',
  ],
  TRANSACTIONAL_ID: ['ALL', 'WRITE', 'DESCRIBE', 'TWO_PHASE_COMMIT'],
  DELEGATION_TOKEN: ['ALL', 'DESCRIBE'],
  USER: ['ALL', 'CREATE_TOKENS', 'DESCRIBE_TOKENS'],
}
const OPERATIONS = new Map(
  [...new Set(Object.values(SUPPORTED).flat())].map((name) => [name.replaceAll('_', ''), name]),
)

/** As it stands in front of `resource filter` and `resource` in messages. */
export function formatResource({ type, name, pattern }: ResourceFilter): string {
  return `ResourcePattern(resourceType=${type}, name=${name}, patternType=${pattern})`
}

export function formatEntry({ principal, host, operation, permission }: Entry): string {
  return `(principal=${principal}, host=${host}, operation=${operation}, permissionType=${permission})`
}

/** One text for each, to find what stands twice. */
export function resourceKeyOf({ type, name, pattern }: ResourceFilter): string {
  return `${type} ${pattern} ${name}`
}

export function patternOf(options: ParsedOptions): AclPatternType {
  const text = options.value('resource-pattern-type')!
  const pattern = PATTERNS.find((one) => one === text.toUpperCase())
  if (pattern === undefined) throw new ToolError(`Cannot parse argument '${text}' of option resource-pattern-type`)
  return pattern
}

/** The resources that are named; none for all. */
export function resourceFilters(options: ParsedOptions): ResourceFilter[] {
  const pattern = patternOf(options)
  const named = Object.entries(RESOURCE_OPTIONS).flatMap(([option, type]) =>
    [...new Set(options.values(option))].map((name) => ({ type, name: name.trim(), pattern })),
  )
  return [...named, ...(options.has('cluster') ? [CLUSTER] : [])]
}

/** Resources with what is to be added to or removed from each. Throws UsageError, ToolError. */
export function entriesByResource(options: ParsedOptions): Map<ResourceFilter, Entry[]> {
  const found = new Map<string, { filter: ResourceFilter; entries: Entry[] }>()
  const put = (filter: ResourceFilter, operations: readonly Operation[]) => {
    const key = resourceKeyOf(filter)
    const known = found.get(key) ?? { filter, entries: [] }
    found.set(key, known)
    for (const entry of entries(options, operations)) {
      if (!known.entries.some((other) => formatEntry(other) === formatEntry(entry))) known.entries.push(entry)
    }
  }
  const filters = resourceFilters(options)
  if (filters.length === 0) {
    throw new UsageError(
      'You must provide at least one resource: --topic <topic> or --cluster or --group <group> or --delegation-token <Delegation Token ID>',
    )
  }
  const of = (type: ResourceFilter['type']) => filters.filter((filter) => filter.type === type)
  if (options.has('producer')) {
    for (const topic of of('TOPIC')) put(topic, ['WRITE', 'DESCRIBE', 'CREATE'])
    for (const id of of('TRANSACTIONAL_ID')) put(id, ['WRITE', 'DESCRIBE'])
    if (options.has('idempotent')) put(CLUSTER, ['IDEMPOTENT_WRITE'])
  }
  if (options.has('consumer')) {
    for (const topic of of('TOPIC')) put(topic, ['READ', 'DESCRIBE'])
    for (const group of of('GROUP')) put(group, ['READ'])
  }
  if (!options.has('producer') && !options.has('consumer')) {
    const operations = (options.has('operation') ? options.values('operation') : ['All']).map(operationOf)
    for (const filter of filters) put(filter, checked(filter, operations))
  }
  return new Map([...found.values()].map(({ filter, entries: of }) => [filter, of]))
}

/** `User:name`. Throws ToolError. */
export function principalOf(text: string): string {
  const principal = text.trim()
  const at = principal.indexOf(':')
  if (at > 0 && at < principal.length - 1) return principal
  throw new ToolError(`expected a string in format principalType:principalName but got ${principal}`)
}

function entries(options: ParsedOptions, operations: readonly Operation[]): Entry[] {
  return (['ALLOW', 'DENY'] as const).flatMap((permission) => {
    const prefix = permission.toLowerCase()
    const principals = [...new Set(options.values(`${prefix}-principal`).map(principalOf))]
    const hosts = options.has(`${prefix}-host`) ? options.values(`${prefix}-host`).map((host) => host.trim()) : ['*']
    return principals.flatMap((principal) =>
      hosts.flatMap((host) => operations.map((operation) => ({ principal, host, operation, permission }))),
    )
  })
}

/** `DescribeConfigs` in any case; null when it is none. */
function operationOf(text: string): Operation | null {
  return (OPERATIONS.get(text.trim().toUpperCase()) as Operation | undefined) ?? null
}

function checked({ type }: ResourceFilter, operations: readonly (Operation | null)[]): Operation[] {
  const supported: readonly (AclOperation | null)[] = SUPPORTED[type]
  if (!operations.every((operation) => supported.includes(operation))) {
    throw new UsageError(`ResourceType ${type} only supports operations [${supported.join(', ')}]`)
  }
  return operations as Operation[]
}
