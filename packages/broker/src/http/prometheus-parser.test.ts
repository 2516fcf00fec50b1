/** Reads the text format of Prometheus as strictly as its own parser. Holds no tests. */

export interface ParsedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface ParsedMetric {
  readonly type: string
  readonly help: string
  readonly samples: ParsedSample[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|(?=\}))/

/** By name. Throws at the first thing that Prometheus would not take, or that its linter would complain of. */
export function parsePrometheus(text: string): Map<string, ParsedMetric> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const metrics = new Map<string, ParsedMetric>()
  const seen = new Set<string>()
  let current: [name: string, metric: ParsedMetric] | null = null
  let help: [name: string, text: string] | null = null
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line)
    if (comment?.[1] === 'HELP') {
      help = [comment[2]!, comment[3]!]
      if (comment[3]!.trim() === '') throw new Error(`no help: ${line}`)
    } else if (comment?.[1] === 'TYPE') {
      const [, , name, type] = comment as unknown as [string, string, string, string]
      if (help?.[0] !== name) throw new Error(`type without help: ${line}`)
      if (metrics.has(name)) throw new Error(`${name} comes twice`)
      if (type === 'counter' && !name.endsWith('_total')) throw new Error(`a counter ends with _total: ${name}`)
      if (!['counter', 'gauge', 'summary'].includes(type)) throw new Error(`unknown type: ${line}`)
      current = [name, { type, help: help[1], samples: [] }]
      metrics.set(...current)
    } else {
      const sample = parseSample(line)
      const base = current?.[1].type === 'summary' ? sample.name.replace(/_(sum|count)$/, '') : sample.name
      if (current === null || base !== current[0]) throw new Error(`a sample among those of another metric: ${line}`)
      const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`
      if (seen.has(key)) throw new Error(`twice: ${line}`)
      seen.add(key)
      current[1].samples.push(sample)
    }
  }
  return metrics
}

function parseSample(line: string): ParsedSample {
  const name = NAME.exec(line)?.[0]
  if (name === undefined) throw new Error(`no name: ${line}`)
  let rest = line.slice(name.length)
  const labels: Record<string, string> = {}
  if (rest.startsWith('{')) {
    rest = rest.slice(1)
    while (!rest.startsWith('}')) {
      const match = LABEL.exec(rest)
      if (match === null || match[1]! in labels) throw new Error(`bad labels: ${line}`)
      labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))
      rest = rest.slice(match[0].length)
    }
    rest = rest.slice(1)
  }
  const value = /^ (NaN|[+-]Inf|-?\d+(\.\d+)?(e[+-]?\d+)?)$/.exec(rest)?.[1]
  if (value === undefined) throw new Error(`no value: ${line}`)
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) }
}
