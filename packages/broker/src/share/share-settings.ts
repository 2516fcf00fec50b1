/** What a share group's settings mean to the leaders of its partitions. */
import type { GroupValues } from '@ottla/config'
import type { BrokerContext } from '../broker-context.ts'
import { groupSettings } from '../groups/group-settings.ts'
import type { Isolation } from '../replica/replica.ts'
import type { ShareLimits } from './partition/share-partition.ts'

const SHARE_VERSION = 'share.version'
/** From this level on there are dead-letter topics (KIP-1191). */
const VERSION_WITH_DEAD_LETTERS = 2

/** Where a group begins in a partition that it never read. */
export type OffsetReset =
  | { readonly kind: 'latest' | 'earliest' }
  | { readonly kind: 'by_duration'; readonly durationMs: number }

export interface ShareSettings extends ShareLimits {
  readonly isolation: Isolation
  readonly offsetReset: OffsetReset
  readonly isRenewEnabled: boolean
  /** Empty: none. */
  readonly deadLetterTopic: string
  /** Dead letters carry key and value of the record. */
  readonly isRecordCopied: boolean
}

export function shareVersion({ image }: BrokerContext): number {
  return image.features.level(SHARE_VERSION)
}

/** Asked several times a request: made once for each state of the group's settings. */
const known = new WeakMap<GroupValues, { readonly shareVersion: number; readonly settings: ShareSettings }>()

export function shareSettings(broker: BrokerContext, groupId: string): ShareSettings {
  const values = groupSettings(broker.config, broker.image, groupId)
  const version = shareVersion(broker)
  const made = known.get(values)
  if (made?.shareVersion === version) return made.settings
  const settings = settingsOf(values, version)
  known.set(values, { shareVersion: version, settings })
  return settings
}

function settingsOf(values: GroupValues, version: number): ShareSettings {
  const deadLetterTopic = values['errors.deadletterqueue.topic.name']
  return {
    deliveryCountLimit: values['share.delivery.count.limit'],
    maxRecordLocks: values['share.partition.max.record.locks'],
    lockDurationMs: values['share.record.lock.duration.ms'],
    isDeadLettered: deadLetterTopic !== '' && version >= VERSION_WITH_DEAD_LETTERS,
    isolation: values['share.isolation.level'] === 'read_committed' ? 'read_committed' : 'read_uncommitted',
    offsetReset: offsetReset(values['share.auto.offset.reset']),
    isRenewEnabled: values['share.renew.acknowledge.enable'],
    deadLetterTopic,
    isRecordCopied: values['errors.deadletterqueue.copy.record.enable'],
  }
}

const DURATION = /^by_duration:P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/** `latest`, `earliest` or `by_duration:PnDTnHnMn.nS`. */
export function offsetReset(text: string): OffsetReset {
  if (text === 'earliest') return { kind: 'earliest' }
  const parts = DURATION.exec(text)
  if (parts === null) return { kind: 'latest' }
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0))
  return {
    kind: 'by_duration',
    durationMs: Math.round((((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000),
  }
}
