/** Java `.properties` text as key, value and line, and back. The reading and the escaping are the library's. */
import { Pair, parseLines, stringify } from 'dot-properties'

export interface PropertyLine {
  readonly key: string
  readonly value: string
  /** Counts from 1. */
  readonly line: number
}

/** All settings of the text, in order; a key that is set twice appears twice, and the last one counts, as in Java. */
export function parseProperties(text: string): PropertyLine[] {
  const properties: PropertyLine[] = []
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text
  let line = 1
  let at = 0
  for (const node of parseLines(body, true)) {
    if (!(node instanceof Pair)) continue
    const start = node.range?.[0] ?? at
    line += countLineEnds(body, at, start)
    at = start
    properties.push({ key: node.key, value: node.value ?? '', line })
  }
  return properties
}

/** Text that {@link parseProperties} reads back, one setting a line, below `comments`. */
export function formatProperties(
  properties: Iterable<readonly [string, string]>,
  comments: readonly string[] = [],
): string {
  const lines: (string | string[])[] = comments.map((comment) => `# ${comment}`)
  for (const [key, value] of properties) lines.push([key, value])
  return `${stringify(lines, { keySep: '=', lineWidth: null })}\n`
}

function countLineEnds(text: string, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 10 || (code === 13 && text.charCodeAt(at + 1) !== 10)) count += 1
  }
  return count
}
