/**
 * The settings of groups: what was set on the group, over the broker's, over the defaults, and no further than the broker's bounds
 * allow, which may have become narrower since.
 */
import { type BrokerConfig, type BrokerValues, effectiveGroupConfig, type GroupValues } from '@ottla/config'
import { ConfigResourceType, type MetadataImage } from '@ottla/metadata'

interface Bound {
  readonly key: keyof GroupValues
  readonly min?: keyof BrokerValues
  readonly max?: keyof BrokerValues
}

const BOUNDS: readonly Bound[] = [
  ...(['consumer', 'share', 'streams'] as const).flatMap((type): Bound[] =>
    (['session.timeout.ms', 'heartbeat.interval.ms', 'assignment.interval.ms'] as const).map((name) => ({
      key: `${type}.${name}`,
      min: `group.${type}.min.${name}`,
      max: `group.${type}.max.${name}`,
    })),
  ),
  ...(['record.lock.duration.ms', 'delivery.count.limit', 'partition.max.record.locks'] as const).map(
    (name): Bound => ({ key: `share.${name}`, min: `group.share.min.${name}`, max: `group.share.max.${name}` }),
  ),
  { key: 'streams.num.standby.replicas', max: 'group.streams.max.standby.replicas' },
  { key: 'streams.num.warmup.replicas', max: 'group.streams.max.warmup.replicas' },
  { key: 'streams.task.offset.interval.ms', min: 'group.streams.min.task.offset.interval.ms' },
]

/** Most groups set nothing: they share one object per state of the broker's settings. */
const ofBroker = new WeakMap<BrokerConfig, GroupValues>()
const ofGroup = new WeakMap<
  ReadonlyMap<string, string>,
  { readonly broker: BrokerConfig; readonly values: GroupValues }
>()

export function groupSettings(broker: BrokerConfig, image: MetadataImage, groupId: string): GroupValues {
  const overrides = image.configs.of(ConfigResourceType.GROUP, groupId)
  if (overrides.size === 0) {
    let shared = ofBroker.get(broker)
    if (shared === undefined) ofBroker.set(broker, (shared = effectiveGroupConfig(broker).values))
    return shared
  }
  const known = ofGroup.get(overrides)
  if (known?.broker === broker) return known.values
  const values = withinBounds(effectiveGroupConfig(broker, overrides).values, broker)
  ofGroup.set(overrides, { broker, values })
  return values
}

function withinBounds(values: GroupValues, broker: BrokerConfig): GroupValues {
  const bounded = { ...values }
  for (const { key, min, max } of BOUNDS) {
    let value = values[key] as number
    if (min !== undefined) value = Math.max(value, broker.values[min] as number)
    if (max !== undefined) value = Math.min(value, broker.values[max] as number)
    Object.assign(bounded, { [key]: value })
  }
  return bounded
}
