/** Levels of the features that the cluster has agreed on. Immutable. */
import { featureRow, METADATA_VERSION, METADATA_VERSION_MIN } from '../features.ts'

export class FeaturesImage {
  /** What the log says, by feature. A folder of Apache Kafka may hold levels that do not work here yet. */
  readonly stored: ReadonlyMap<string, number>
  /** Levels in force: the stored ones, as far as they work. Features at level 0 are left out. */
  readonly finalized: ReadonlyMap<string, number>

  constructor(stored: ReadonlyMap<string, number> = new Map()) {
    this.stored = stored
    this.finalized = inForce(stored)
  }

  /** Level of metadata.version; the lowest while the log does not say. */
  get metadataVersion(): number {
    return this.stored.get(METADATA_VERSION) ?? METADATA_VERSION_MIN
  }

  /** The level in force, 0 when the feature is off. */
  level(name: string): number {
    return this.finalized.get(name) ?? 0
  }

  with(name: string, level: number): FeaturesImage {
    const stored = new Map(this.stored)
    if (level === 0) stored.delete(name)
    else stored.set(name, level)
    return new FeaturesImage(stored)
  }
}

function inForce(stored: ReadonlyMap<string, number>): Map<string, number> {
  const finalized = new Map<string, number>()
  for (const [name, level] of stored) {
    const works = name === METADATA_VERSION ? level : Math.min(level, featureRow(name)?.works ?? 0)
    if (works > 0) finalized.set(name, works)
  }
  return finalized
}
