/** Whether a figure stays where it is, computed from samples of it. */

/** The median of the slopes between all pairs of points: a collection, or a burst, moves it little. */
export function slopeOf(points) {
  const slopes = []
  for (let i = 0; i < points.length; i += 1)
    for (let j = i + 1; j < points.length; j += 1)
      slopes.push((points[j].value - points[i].value) / (points[j].at - points[i].at))
  return slopes.length === 0 ? 0 : medianOf(slopes)
}

export function medianOf(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2
}

/** The least of each stretch of time: what is still held when garbage is gone. */
export function floorsOf(points, stretch) {
  const floors = new Map()
  for (const point of points) {
    const key = Math.floor(point.at / stretch)
    const before = floors.get(key)
    if (before === undefined || point.value < before.value) floors.set(key, point)
  }
  return [...floors.values()]
}

/**
 * points: { at, value }, of which the first `warmUp` (in the unit of `at`) do not count. Growth is what the slope adds over the time that counts. It is flat when that
 * is at most `part` of the median, or `least`, if that is more.
 */
export function flatness(points, { warmUp, part, least }) {
  const counted = points.filter(({ at }) => at >= points[0].at + warmUp)
  const growth = slopeOf(counted) * (counted.at(-1).at - counted[0].at)
  const median = medianOf(counted.map(({ value }) => value))
  const allowed = Math.max(median * part, least)
  return { growth, median, allowed, isFlat: growth <= allowed }
}
