/**
 * How much a produced batch may unpack to where its records are looked at. Apache Kafka reads them as a stream and bounds each record
 * (max.decompressed.message.bytes, by default as good as not at all); here a batch is unpacked whole, so there is always a bound.
 */
import type { TopicConfig } from '@ottla/config'
import { DEFAULT_MAX_DECOMPRESSED_BYTES } from '@ottla/protocol'

/** What Kafka has as the default. */
const UNBOUNDED = 2_147_483_639
/** Where larger batches are allowed, what they hold may be larger too. */
const RATIO = 4

export function unpackLimit(
  values: Pick<TopicConfig['values'], 'max.decompressed.message.bytes' | 'max.message.bytes'>,
): number {
  const set = values['max.decompressed.message.bytes']
  if (set < UNBOUNDED) return set
  return Math.min(UNBOUNDED, Math.max(DEFAULT_MAX_DECOMPRESSED_BYTES, RATIO * values['max.message.bytes']))
}
