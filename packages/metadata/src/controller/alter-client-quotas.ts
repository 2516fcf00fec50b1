/**
 * AlterClientQuotas (49): what users, client ids and addresses may use (KIP-546, KIP-599, KIP-612). Every entity of a request stands for
 * itself. A name that is null is the default of its type.
 */
import { type ConfigKey, quotaIpKeys, quotaUserClientKeys } from '@ottla/config'
import {
  type AlterClientQuotasRequest,
  type AlterClientQuotasResponse,
  ErrorCode,
  type MetadataRecord,
} from '@ottla/protocol'
import { INT64_MAX } from '@ottla/stdx'
import type { ClientQuotaEntity } from '../image/client-quotas-image.ts'
import { entityKey } from '../image/client-quotas-image.ts'
import { clientQuotaRecord } from '../records/make-record.ts'
import type { ControllerView, Outcome } from './controller-view.ts'
import { isIpAddress } from './ip-address.ts'

type Entry = AlterClientQuotasRequest['entries'][number]
type Op = Entry['ops'][number]
type EntryResult = AlterClientQuotasResponse['entries'][number]

export const QuotaEntityType = { USER: 'user', CLIENT_ID: 'client-id', IP: 'ip' } as const

/** The order in which the parts of an entity are told. */
const TYPES: readonly string[] = [QuotaEntityType.CLIENT_ID, QuotaEntityType.USER, QuotaEntityType.IP]
const INT32_MAX = 2 ** 31 - 1
/** How far from a whole number a rate may be that must be whole. */
const WHOLE_TOLERANCE = 1e-6

export function alterClientQuotas(
  view: ControllerView,
  request: AlterClientQuotasRequest,
): Outcome<AlterClientQuotasResponse> {
  const results = new Map<string, EntryResult>()
  const records: MetadataRecord[] = []
  for (const entry of request.entries) {
    const entity: ClientQuotaEntity = new Map(
      entry.entity.map(({ entityType, entityName }) => [entityType, entityName]),
    )
    const key = entityKey(entity)
    const isRepeated = results.has(key) || new Set(entry.ops.map((op) => op.key)).size < entry.ops.length
    const outcome = isRepeated
      ? `Ignoring duplicate entity ${entityText(entity)}`
      : alterEntity(view, entity, entry.ops)
    const isError = typeof outcome === 'string'
    if (!isError) records.push(...outcome)
    results.set(key, {
      errorCode: isError ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE,
      errorMessage: isError ? outcome : null,
      entity: partsOf(entity),
    })
  }
  return {
    response: { throttleTimeMs: 0, entries: [...results.values()] },
    records: request.validateOnly ? [] : records,
  }
}

/** The parts of an entity in the order in which they are told. */
export function partsOf(entity: ClientQuotaEntity): { entityType: string; entityName: string | null }[] {
  return [...entity]
    .map(([entityType, entityName]) => ({ entityType, entityName }))
    .sort((a, b) => TYPES.indexOf(a.entityType) - TYPES.indexOf(b.entityType))
}

function alterEntity(view: ControllerView, entity: ClientQuotaEntity, ops: readonly Op[]): MetadataRecord[] | string {
  const problem = entityProblem(entity)
  if (problem !== null) return problem
  const keys = entity.has(QuotaEntityType.IP) ? quotaIpKeys : quotaUserClientKeys
  const current = view.image.clientQuotas.of(entity)
  const records: MetadataRecord[] = []
  for (const { key, value, remove } of ops) {
    if (remove) {
      if (current?.has(key)) records.push(clientQuotaRecord(entity, key, undefined))
      continue
    }
    const known = keys.get(key)
    const fault = known === undefined ? `Invalid configuration key ${key}` : valueProblem(known, value)
    if (fault !== null) return fault
    if (current?.get(key) !== value) records.push(clientQuotaRecord(entity, key, value))
  }
  return records
}

function entityProblem(entity: ClientQuotaEntity): string | null {
  if (entity.size === 0) return 'Invalid empty client quota entity'
  for (const [type, name] of entity) {
    if (!TYPES.includes(type)) return `Unhandled client quota entity type: ${type}`
    if (name === '') return `Empty ${type} not supported`
  }
  const ip = entity.get(QuotaEntityType.IP)
  if (ip === undefined) return null
  if (entity.size > 1) {
    return 'Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId'
  }
  return ip === null || isIpAddress(ip) || ip === 'localhost' ? null : `${ip} is not a valid IP or resolvable host.`
}

function valueProblem({ name, type }: ConfigKey, value: number): string | null {
  // Also what is no number at all.
  if (!(value > 0)) return `Quota ${name} must be greater than 0`
  if (type === 'double') return null
  const [max, word] = type === 'int' ? [INT32_MAX, 'INT'] : [INT64_MAX, 'LONG']
  if (value > max) return `Proposed value for ${name} is too large for ${word === 'INT' ? 'an' : 'a'} ${word}.`
  const isWhole = Math.abs(value - Math.round(value)) <= WHOLE_TOLERANCE
  return isWhole ? null : `${name} cannot be a fractional value.`
}

function entityText(entity: ClientQuotaEntity): string {
  return `ClientQuotaEntity(entries={${partsOf(entity)
    .map(({ entityType, entityName }) => `${entityType}=${entityName}`)
    .join(', ')}})`
}
