/** Whom kafka-configs is about when it is about users, clients and addresses: `--user ann --client-defaults`, or `--entity-type users …`. */
import type { QuotaEntity, QuotaFilter } from '@ottla/client'
import type { ParsedOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'

export type ClientEntityType = 'users' | 'clients' | 'ips'

export interface ClientEntityPart {
  readonly type: ClientEntityType
  /** `default`: all that have no settings of their own. `all`: every one, with --describe. */
  readonly which: { readonly kind: 'named'; readonly name: string } | { readonly kind: 'default' | 'all' }
}

/** In the order in which Kafka's tool sees them: the first is who its messages speak of. */
export type ClientEntity = readonly [ClientEntityPart, ...ClientEntityPart[]]

/** Options that name type and entity at once, in the order in which Kafka's tool looks for them. */
const SHORT: readonly (readonly [option: string, type: ClientEntityType])[] = [
  ['client', 'clients'],
  ['user', 'users'],
  ['ip', 'ips'],
]
const SINGULAR: Readonly<Record<ClientEntityType, string>> = { users: 'user', clients: 'client', ips: 'ip' }
const QUOTA_PART = { users: 'user', clients: 'clientId', ips: 'ip' } as const
const LOOKS_LIKE_IPV4 = /^[\d.]+$/
const IPV4 = /^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?!$)|$)){4}$/

/** Null when the command is about something else. Throws UsageError. */
export function clientEntity(options: ParsedOptions): ClientEntity | null {
  const byType = options.values('entity-type')
  const short = SHORT.flatMap(([option, type]) => [
    ...options.values(option).map((name): ClientEntityPart => ({ type, which: { kind: 'named', name } })),
    ...(options.has(`${option}-defaults`) ? [{ type, which: { kind: 'default' } } as const] : []),
  ])
  if (short.length === 0 && !byType.some((type) => SINGULAR[type as ClientEntityType] !== undefined)) return null
  const parts = short.length > 0 ? short : typedParts(byType as readonly ClientEntityType[], options)
  const isOpen = parts.some(({ which }) => which.kind === 'all')
  if (options.has('alter') && isOpen) {
    throw refusal('An entity-name or default entity must be specified with --alter of users, clients, brokers or ips')
  }
  for (const { type, which } of parts) if (type === 'ips' && which.kind === 'named') checkAddress(which.name)
  return parts as unknown as ClientEntity
}

/** `config for user ann`, `default config for users in the cluster`. */
export function describedEntity([{ type, which }]: ClientEntity): string {
  return which.kind === 'named'
    ? `config for ${SINGULAR[type]} ${which.name}`
    : `default config for ${type} in the cluster`
}

export function quotaFilter(entity: ClientEntity): QuotaFilter {
  const match = ({ which }: ClientEntityPart) =>
    which.kind === 'named' ? which.name : which.kind === 'default' ? null : ({ kind: 'any' } as const)
  return Object.fromEntries(entity.map((part) => [QUOTA_PART[part.type], match(part)]))
}

/** Of parts that are named, or the default. */
export function quotaEntity(entity: ClientEntity): QuotaEntity {
  return Object.fromEntries(
    entity.map(({ type, which }) => [QUOTA_PART[type], which.kind === 'named' ? which.name : null]),
  )
}

/** Names and defaults belong to the types in the order in which they stand on the command line. */
function typedParts(types: readonly ClientEntityType[], options: ParsedOptions): ClientEntityPart[] {
  const names = [...options.values('entity-name')]
  const marks = options.argv.filter((word) => /^--?entity-(name|default)(=|$)/.test(word))
  return types.map((type, index) => {
    const mark = marks[index]
    if (mark === undefined) return { type, which: { kind: 'all' } }
    if (mark.includes('default')) return { type, which: { kind: 'default' } }
    return { type, which: { kind: 'named', name: names.shift()! } }
  })
}

function checkAddress(name: string): void {
  if (LOOKS_LIKE_IPV4.test(name) && !IPV4.test(name)) {
    throw refusal(`The entity name for ips must be a valid IP or resolvable host, but it is: ${name}`)
  }
}

function refusal(message: string): UsageError {
  return new UsageError(message, { showsOptions: false })
}
