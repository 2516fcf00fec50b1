/**
 * Features that came to work with a newer release of this software. A folder of an older one has them off, since that release could not have
 * worked with them; they are turned on at the level that the folder's metadata.version brings.
 *
 * What was off while its brokers did support it is off because somebody wants it so, or because Apache Kafka wrote the folder.
 */
import type { MetadataRecord } from '@ottla/protocol'
import { featureRow, metadataVersionRow } from '../features.ts'
import type { MetadataImage } from '../image/metadata-image.ts'
import { featureLevelRecord } from '../records/make-record.ts'

export function featureUpgrades({ features, brokers }: MetadataImage): MetadataRecord[] {
  const registrations = [...brokers.values()]
  if (registrations.length === 0) return []
  const defaults = metadataVersionRow(features.metadataVersion)?.featureDefaults ?? {}
  const records: MetadataRecord[] = []
  for (const [name, wanted] of Object.entries(defaults)) {
    const level = Math.min(wanted, featureRow(name)?.works ?? 0)
    const couldBeOn = registrations.some(({ supportedFeatures }) => (supportedFeatures.get(name)?.max ?? 0) > 0)
    if (level > 0 && !features.stored.has(name) && !couldBeOn) records.push(featureLevelRecord(name, level))
  }
  return records
}
