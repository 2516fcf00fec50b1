/** Finds what somebody meant who mistyped a name. */

/** The most similar of the candidates, at most `limit`, best first, without those that are clearly farther; none when nothing comes near. */
export function similarTo(word: string, candidates: Iterable<string>, limit = 3): string[] {
  const lower = word.toLowerCase()
  const bound = Math.max(1, Math.floor(lower.length / 3))
  const scored: { readonly name: string; readonly distance: number }[] = []
  for (const name of candidates) {
    const distance = distanceOf(lower, name.toLowerCase(), bound)
    if (distance <= Math.max(bound, PART)) scored.push({ name, distance })
  }
  scored.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
  const best = scored[0]?.distance ?? 0
  return scored
    .filter(({ distance }) => distance < best + 1)
    .slice(0, limit)
    .map(({ name }) => name)
}

/** What begins with the word is nearer than what is mistyped; what holds it somewhere is farther than one slip. */
const BEGINNING = 0.25
const PART = 1.5

function distanceOf(word: string, other: string, bound: number): number {
  if (word.length >= 3 && other.startsWith(word)) return BEGINNING
  const distance = distanceBetween(word, other, bound)
  if (distance <= bound) return distance
  return word.length >= 3 && other.includes(word) ? PART : Number.POSITIVE_INFINITY
}

/** ` Did you mean a, b or c?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = similarTo(word, candidates)
  if (found.length === 0) return ''
  const last = found.pop()!
  return ` Did you mean ${found.length === 0 ? last : `${found.join(', ')} or ${last}`}?`
}

/** Letters to change, add, drop or swap with a neighbour; anything above `bound` is only known to be so. */
function distanceBetween(a: string, b: string, bound: number): number {
  if (Math.abs(a.length - b.length) > bound) return bound + 1
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + cost)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwap) least = Math.min(least, beforePrevious[j - 2]! + 1)
      current.push(least)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length]!
}
