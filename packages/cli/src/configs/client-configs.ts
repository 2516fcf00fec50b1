/** kafka-configs for users, clients and addresses: quotas, and the SCRAM credentials of users. */
import { type Admin, isBrokerError, type QuotaEntity, type ScramChange, unwrap } from '@ottla/client'
import { ErrorCode } from '@ottla/protocol'
import { type Io, printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { UsageError } from '../options/usage-error.ts'
import { javaDouble } from '../shared/java-format.ts'
import { javaMapOrder, stringHash } from '../shared/java-map-order.ts'
import { type ClientEntity, describedEntity, quotaEntity, quotaFilter } from './client-entity.ts'

export interface ClientConfigCommand {
  readonly admin: Admin
  readonly options: ParsedOptions
  readonly io: Io
  readonly entity: ClientEntity
}

/** What is to be set and taken back, by name. */
export interface ClientConfigChanges {
  readonly added: ReadonlyMap<string, string>
  readonly deleted: readonly string[]
}

type ScramName = ScramChange['mechanism']

const CLIENT_QUOTAS = new Set([
  'producer_byte_rate',
  'consumer_byte_rate',
  'request_percentage',
  'controller_mutation_rate',
])
const ADDRESS_QUOTAS = new Set(['connection_creation_rate'])
const SCRAM_NAMES = new Set(['SCRAM-SHA-256', 'SCRAM-SHA-512'])
const MIN_ITERATIONS = 4096
const DEFAULT_ITERATIONS = 4096
const ENTITY_WORDS = [
  ['user', 'user-principal'],
  ['clientId', 'client-id'],
  ['ip', 'ip'],
] as const

export async function describeClientConfigs(command: ClientConfigCommand): Promise<void> {
  const { admin, io, entity } = command
  for (const { entity: whose, values } of await admin.quotas.describe(quotaFilter(entity), { isStrict: true })) {
    const names = javaMapOrder(values.keys(), stringHash, values.size)
    const list = names.map((name) => `${name}=${javaDouble(values.get(name)!)}`).join(', ')
    printLine(io.stdout, `Quota configs for ${entityWords(whose)} are ${list}`)
  }
  const [{ type, which }] = entity
  if (entity.length > 1 || type !== 'users' || which.kind === 'default') return
  const users = which.kind === 'named' ? [which.name] : null
  for (const [user, outcome] of await admin.scramCredentials.describe(users)) {
    if (outcome.kind === 'failed' && isBrokerError(outcome.error, ErrorCode.RESOURCE_NOT_FOUND)) continue
    const list = unwrap(outcome).map(({ mechanism, iterations }) => `${mechanism}=iterations=${iterations}`)
    printLine(io.stdout, `SCRAM credential configs for user-principal '${user}' are ${list.join(', ')}`)
  }
}

export async function alterClientConfigs(command: ClientConfigCommand, changes: ClientConfigChanges): Promise<void> {
  const { io, entity } = command
  if (checkNames(entity, changes) === 'scram') await alterScram(command, changes)
  else await alterQuotas(command, changes)
  printLine(io.stdout, `Completed updating ${describedEntity(entity)}.`)
}

/** What kind of settings they are. Throws UsageError in Kafka's words. */
function checkNames(entity: ClientEntity, { added, deleted }: ClientConfigChanges): 'quotas' | 'scram' {
  const names = [...added.keys(), ...deleted]
  const types = entity.map(({ type }) => type)
  const isScram = names.some((name) => SCRAM_NAMES.has(name))
  const isUsersAlone = types.length === 1 && types[0] === 'users'
  const quotas = types.includes('ips') ? ADDRESS_QUOTAS : CLIENT_QUOTAS
  const isKnown = (name: string) => quotas.has(name) || (isUsersAlone && SCRAM_NAMES.has(name))
  const [kind, plural] = types.includes('ips')
    ? ['connection quota configs', 'ips']
    : isUsersAlone
      ? ['quota and SCRAM credential configs', 'users']
      : ['quota configs', 'clients']
  for (const [verb, all, collection] of [
    ['added', [...added.keys()], 'Set'],
    ['deleted', deleted, 'ArrayBuffer'],
  ] as const) {
    const unknown = all.filter((name) => !isKnown(name))
    if (unknown.length === 0) continue
    const list = plural === 'ips' ? unknown.join(',') : `${collection}(${unknown.join(', ')})`
    throw refusal(
      `Only ${kind} can be ${verb} for '${plural}' using --bootstrap-server. Unexpected config names: ${list}`,
    )
  }
  if (!isScram) return 'quotas'
  if (names.some((name) => !SCRAM_NAMES.has(name))) {
    throw refusal(
      "Cannot alter both quota and SCRAM credential configs simultaneously for 'users' using --bootstrap-server.",
    )
  }
  if (entity[0].which.kind === 'default') {
    throw refusal(
      'The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials using --bootstrap-server.',
    )
  }
  return 'scram'
}

async function alterQuotas({ admin, entity }: ClientConfigCommand, changes: ClientConfigChanges): Promise<void> {
  const { added, deleted } = changes
  const [found] = await admin.quotas.describe(quotaFilter(entity), { isStrict: true })
  const missing = deleted.filter((name) => found?.values.has(name) !== true)
  if (missing.length > 0) throw refusal(`Invalid config(s): ${missing.join(',')}`)
  const values: Record<string, number | null> = {}
  for (const name of deleted) values[name] = null
  for (const [name, text] of added) {
    if (text.trim() === '' || !Number.isFinite(Number(text))) {
      throw refusal(`Cannot parse quota configuration value for ${name}: ${text}`)
    }
    values[name] = Number(text)
  }
  for (const outcome of (await admin.quotas.alter([{ entity: quotaEntity(entity), values }])).values()) {
    // Kafka's tool looks addresses up itself, and says it so.
    const host =
      outcome.kind === 'failed'
        ? /^(.*) is not a valid IP or resolvable host/.exec(outcome.error.message)?.[1]
        : undefined
    if (host !== undefined) {
      throw refusal(`The entity name for ips must be a valid IP or resolvable host, but it is: ${host}`)
    }
    unwrap(outcome)
  }
}

async function alterScram({ admin, entity }: ClientConfigCommand, changes: ClientConfigChanges): Promise<void> {
  const user = quotaEntity(entity).user!
  const all: ScramChange[] = [
    ...changes.deleted.map((name) => ({ kind: 'delete' as const, user, mechanism: name as ScramName })),
    ...[...changes.added].map(([name, text]) => upsertion(user, name as ScramName, text)),
  ]
  unwrap((await admin.scramCredentials.alter(all)).get(user))
}

/** `iterations=8192,password=…`. Throws UsageError. */
export function upsertion(user: string, mechanism: ScramName, text: string): ScramChange {
  const match = /^(?:iterations=(-?\d*),)?password=(.*)$/s.exec(text)
  if (match === null) throw refusal(`Invalid credential property ${mechanism.replaceAll('-', '_')}=${text}`)
  const iterations = match[1] === undefined ? DEFAULT_ITERATIONS : Number(match[1])
  if (iterations < MIN_ITERATIONS) {
    throw refusal(`Iterations ${iterations} is less than the minimum ${MIN_ITERATIONS} required for ${mechanism}`)
  }
  return { kind: 'upsert', user, mechanism, password: match[2]!, iterations }
}

/** `user-principal 'ann', the default client-id`. */
function entityWords(entity: QuotaEntity): string {
  return ENTITY_WORDS.flatMap(([part, word]) => {
    const name = entity[part]
    if (name === undefined) return []
    return [name === null ? `the default ${word}` : `${word} '${name}'`]
  }).join(', ')
}

function refusal(message: string): UsageError {
  return new UsageError(message, { showsOptions: false })
}
