/**
 * The records of groups whose assignment the coordinator makes (consumer, share, streams), in Kafka's own terms: the kind names the
 * schema of key and value, a null value deletes what the key names.
 */
import { GROUP_RECORDS, type Value } from '@ottla/protocol'

export type ModernType = 'consumer' | 'share' | 'streams'

type Kind = Exclude<keyof typeof GROUP_RECORDS, 'LegacyOffsetCommit' | 'OffsetCommit' | 'GroupMetadata'>

export type ModernRecord = {
  readonly [K in Kind]: {
    readonly kind: K
    readonly key: Value<(typeof GROUP_RECORDS)[K]['key']>
    readonly value: Value<(typeof GROUP_RECORDS)[K]['value']> | null
  }
}[Kind]

export type ConsumerRecord = Extract<ModernRecord, { readonly kind: `Consumer${string}` }>
export type ShareRecord = Extract<ModernRecord, { readonly kind: `Share${string}` }>
export type StreamsRecord = Extract<ModernRecord, { readonly kind: `Streams${string}` }>

/** The type of group that a record is about, by its kind. */
export const GROUP_TYPE_OF: Readonly<Record<Kind, ModernType>> = Object.fromEntries(
  Object.keys(GROUP_RECORDS).flatMap((kind): [string, ModernType][] => {
    if (kind.startsWith('Consumer')) return [[kind, 'consumer']]
    if (kind.startsWith('Share')) return [[kind, 'share']]
    return kind.startsWith('Streams') ? [[kind, 'streams']] : []
  }),
) as Record<Kind, ModernType>

/** The record whose tombstone ends a group. */
export const GROUP_RECORD_OF = {
  consumer: 'ConsumerGroupMetadata',
  share: 'ShareGroupMetadata',
  streams: 'StreamsGroupMetadata',
} as const
