/** Version ranges as Kafka's message definitions write them: `3`, `0-4`, `2+`, `none`. */

export interface VersionRange {
  readonly min: number
  /** Inclusive. Infinity in `2+`. */
  readonly max: number
}

export const NO_VERSIONS: VersionRange = { min: 0, max: -1 }
export const ALL_VERSIONS: VersionRange = { min: 0, max: Infinity }

/** Parses a range. Throws RangeError on anything else than the four forms. */
export function parseVersions(text: string): VersionRange {
  if (text === 'none') return NO_VERSIONS
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text)
  if (match === null) throw new RangeError(`not a version range: ${text}`)
  const min = Number(match[1])
  if (match[2] !== undefined) return { min, max: Infinity }
  return { min, max: match[3] === undefined ? min : Number(match[3]) }
}

export function hasVersion(range: VersionRange, version: number): boolean {
  return version >= range.min && version <= range.max
}
