/** Finds what somebody meant who mistyped a name. */

/** The most similar of the candidates, at most `limit`, best first; none when nothing comes near. */
export function similarTo(word: string, candidates: Iterable<string>, limit = 3): string[] {
  const lower = word.toLowerCase()
  const bound = Math.max(1, Math.floor(lower.length / 3))
  const scored: { readonly name: string; readonly distance: number }[] = []
  for (const name of candidates) {
    const other = name.toLowerCase()
    const isPart = lower.length >= 3 && (other.startsWith(lower) || other.includes(lower))
    const distance = isPart ? 0.5 : distanceBetween(lower, other, bound)
    if (distance <= bound) scored.push({ name, distance })
  }
  scored.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
  return scored.slice(0, limit).map(({ name }) => name)
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
