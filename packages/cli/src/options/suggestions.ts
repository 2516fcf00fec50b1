/** The known names that come nearest to one that is not known. */

/** Characters to be put in cost little, those to be taken away much: who mistypes mostly leaves something out. */
const SUBSTITUTE = 2
const INSERT = 1
const DELETE = 4
const LIMIT = 7

/** Those that are nearest, if any is near at all. */
export function suggestions(wrong: string, names: readonly string[]): string[] {
  const scored = names.map((name) => ({ name, score: name.startsWith(wrong) ? 0 : distance(wrong, name) }))
  const best = Math.min(...scored.map(({ score }) => score))
  return best >= LIMIT ? [] : scored.filter(({ score }) => score === best).map(({ name }) => name)
}

function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at * INSERT)
  for (const letter of from) {
    const next = [row[0]! + DELETE]
    for (let at = 0; at < to.length; at += 1) {
      const same = row[at]! + (to[at] === letter ? 0 : SUBSTITUTE)
      next.push(Math.min(same, row[at + 1]! + DELETE, next[at]! + INSERT))
    }
    row = next
  }
  return row[to.length]!
}
