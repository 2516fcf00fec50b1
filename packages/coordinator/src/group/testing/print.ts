/** Records, answers and timers in the words of the scripts. */
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  type DescribeGroupsResponse,
  decodeVersioned,
  errorOf,
  type Init,
  type JoinGroupResponse,
  type ListGroupsResponse,
  type OffsetFetchResponse,
  type SyncGroupResponse,
  ZERO_UUID,
} from '@ottla/protocol'
import type { NewRecord } from '../../ports.ts'
import type { CommittedOffset, GroupRecord } from '../group-record.ts'
import { decodeGroupRecord } from '../group-record-codec.ts'
import type { ModernRecord } from '../modern/modern-record.ts'

export function printError(code: number | undefined): string {
  return errorOf(code ?? 0).name
}

export function printRecord({ key, value }: NewRecord): string {
  const record = decodeGroupRecord({ offset: 0, key, value })
  if (record.kind === 'skipped') return `? ${record.reason}`
  return printGroupRecord(record)
}

function printGroupRecord(record: GroupRecord): string {
  switch (record.kind) {
    case 'offset': {
      const name = `offset ${record.groupId} ${record.topic}-${record.partition}`
      return record.offset === null ? `${name} deleted` : `${name} = ${printOffset(record.offset)}`
    }
    case 'group': {
      const { groupId, group } = record
      if (group === null) return `group ${groupId} deleted`
      const { generation, protocolType, protocol, leader, members } = group
      const head = `group ${groupId} generation ${generation} ${protocolType}/${protocol} leader ${leader}`
      return [
        head,
        ...members.map(({ memberId, groupInstanceId, subscription, assignment }) => {
          const instance = groupInstanceId === null ? '' : ` instance ${groupInstanceId}`
          return `    ${memberId}${instance} subscribes ${printMetadata(subscription)} has ${printBytes(assignment)}`
        }),
      ].join('\n')
    }
    case 'marker':
      return `marker ${record.outcome} of producer ${record.producerId}`
    default:
      return printModern(record)
  }
}

/** `ConsumerGroupMetadata g {epoch:1,metadataHash:7}`; what says nothing is left out. */
function printModern({ kind, key, value }: ModernRecord): string {
  const name = [kind, ...Object.values(key)].join(' ')
  return value === null ? `${name} deleted` : `${name} ${printValue(value)}`
}

function printValue(value: unknown): string {
  if (value instanceof Buffer) return printMetadata(value)
  if (Array.isArray(value)) return value.length === 0 ? '' : `[${value.map(printValue).join(' ')}]`
  if (typeof value === 'string') return /^(.)\1{20}A$/.test(value) ? value.slice(0, 1) : value
  if (typeof value !== 'object' || value === null) return String(value)
  const fields = Object.entries(value).flatMap(([name, field]) => {
    const text = field === null || name === 'clientHost' || name === 'clientId' ? '' : printValue(field)
    return text === '' ? [] : [`${name}:${text}`]
  })
  return `{${fields.join(' ')}}`
}

function printOffset({ offset, leaderEpoch, metadata, expireTimestampMs, topicId }: CommittedOffset): string {
  const parts = [String(offset)]
  if (leaderEpoch !== -1) parts.push(`leader epoch ${leaderEpoch}`)
  if (metadata !== '') parts.push(JSON.stringify(metadata))
  if (expireTimestampMs !== -1) parts.push('expires')
  if (topicId !== ZERO_UUID) parts.push(`of ${topicId.slice(0, 1)}…`)
  return parts.join(' ')
}

function printMetadata(metadata: Buffer): string {
  try {
    return decodeVersioned(ConsumerProtocolSubscription, metadata).value.topics.join('+')
  } catch {
    return printBytes(metadata)
  }
}

/** Texts as tests make them up, or the assignment of a Kafka consumer. */
export function printBytes(bytes: Buffer | undefined): string {
  if (bytes !== undefined && bytes.length > 2 && bytes[0] === 0) {
    const { assignedPartitions } = decodeVersioned(ConsumerProtocolAssignment, bytes).value
    const each = assignedPartitions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => `${topic}-${partition}`),
    )
    return each.length === 0 ? 'no partitions' : each.join(' ')
  }
  return bytes === undefined || bytes.length === 0 ? 'nothing' : bytes.toString('latin1')
}

export function printJoin(answer: Init<typeof JoinGroupResponse>): string {
  const { errorCode, memberId, generationId, protocolName, leader, members = [], skipAssignment } = answer
  if (errorCode !== 0) return `${printError(errorCode)}${memberId === '' ? '' : ` ${memberId}`}`
  const parts = [`generation ${generationId} as ${memberId} on ${protocolName}`]
  if (leader !== memberId) parts.push(`under ${leader}`)
  else parts.push(`leads ${members.map(({ memberId }) => memberId).join(' ')}`)
  if (skipAssignment) parts.push('skips the assignment')
  return parts.join(', ')
}

export function printSync({ errorCode, assignment }: Init<typeof SyncGroupResponse>): string {
  return errorCode === 0 ? `has ${printBytes(assignment)}` : printError(errorCode)
}

export function printFetch(answer: Init<typeof OffsetFetchResponse>): string {
  const [group] = answer.groups ?? []
  if (group === undefined || group.errorCode !== 0) return printError(group?.errorCode)
  const offsets = (group.topics ?? []).flatMap(({ name, partitions = [] }) =>
    partitions.map(({ partitionIndex, committedOffset, metadata, errorCode }) => {
      const value =
        errorCode === 0
          ? `${committedOffset}${metadata === '' ? '' : ` ${JSON.stringify(metadata)}`}`
          : printError(errorCode)
      return `${name}-${partitionIndex} = ${value}`
    }),
  )
  return offsets.length === 0 ? 'nothing' : offsets.join(', ')
}

export function printDescription(answer: Init<typeof DescribeGroupsResponse>): string {
  return (answer.groups ?? [])
    .map(({ errorCode, errorMessage, groupState, protocolType, protocolData, members = [] }) => {
      if (errorCode !== 0) return `${printError(errorCode)}${errorMessage == null ? '' : ` "${errorMessage}"`}`
      const each = members.map(
        ({ memberId, groupInstanceId, clientHost, memberAssignment }) =>
          `\n    ${memberId}${groupInstanceId == null ? '' : ` instance ${groupInstanceId}`} at ${clientHost} has ${printBytes(memberAssignment)}`,
      )
      return `${groupState} ${protocolType ?? ''}/${protocolData ?? ''}${each.join('')}`
    })
    .join('; ')
}

export function printListing({ errorCode, groups = [] }: Init<typeof ListGroupsResponse>): string {
  if (errorCode !== 0) return printError(errorCode)
  const each = groups.map(
    ({ groupId, groupState, groupType, protocolType }) =>
      `${groupId} ${groupState} ${groupType} ${protocolType === '' ? 'of no type' : protocolType}`,
  )
  return each.length === 0 ? 'nothing' : each.join('; ')
}

/** `session/1/g/a-1` as `session g a-1`. */
export function printTimer(key: string): string {
  const [kind, ...rest] = key.split('/')
  return kind === 'session' ? `session ${rest.slice(1).join(' ')}` : [kind, ...rest].join(' ')
}
