/** Figures of a client in the layout in which Kafka's performance tools print them. */
import { type Io, printLine } from '../io.ts'
import { javaFixed } from './java-format.ts'

export interface ClientMetric {
  readonly group: string
  readonly name: string
  readonly tags: Readonly<Record<string, string>>
  readonly value: number | string
}

const DIGITS = 3

/** An empty line, a header, and a line for each, by name. */
export function printMetrics(metrics: readonly ClientMetric[], io: Io): void {
  const lines = metrics
    .map(({ group, name, tags, value }) => {
      const all = Object.entries(tags).map(([key, tag]) => `${key}=${tag}`)
      return { name: `${group}:${name}:{${all.join(', ')}}`, value }
    })
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  const width = Math.max(...lines.map(({ name }) => name.length))
  printLine(io.stdout, '')
  printLine(io.stdout, `${'Metric Name'.padEnd(width)}   Value`)
  for (const { name, value } of lines) {
    printLine(io.stdout, `${name.padEnd(width)} : ${typeof value === 'number' ? javaFixed(value, DIGITS) : value}`)
  }
}
