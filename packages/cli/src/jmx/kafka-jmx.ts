/**
 * kafka-jmx: prints metrics of a broker under the names of Kafka's MBeans. There is no JMX here: what it shows is read from
 * `/metrics` of the broker's HTTP listener.
 */
import { type Io, printLine } from '../io.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError } from '../options/usage-error.ts'
import { type DateFormat, javaDateFormat } from '../shared/java-date-format.ts'
import { pause } from '../shared/pause.ts'
import { stopCode } from '../shared/stop-code.ts'
import { defineTool } from '../tool.ts'
import { type Attributes, MBeanView } from './mbeans.ts'
import { type PageAddress, pageAddress, readPage } from './metrics-page.ts'
import { isPattern, matchesName, type ObjectName, parseObjectName } from './object-name.ts'
import { parseSamples } from './prometheus-samples.ts'

const PATIENCE_MS = 10_000
const RETRY_MS = 100
const DEFAULT_URL = 'http://localhost:9404/metrics'
const LINE_FORMATS: Readonly<Record<string, (key: string, value: string) => string>> = {
  properties: (key, value) => `${key}=${value}`,
  csv: (key, value) => `${key},"${value}"`,
  tsv: (key, value) => `${key}\t${value}`,
}

const OPTIONS: OptionTable = [
  {
    name: 'object-name',
    argument: { label: 'name' },
    description: 'MBean, or a pattern for some. May be repeated. Default: all.',
  },
  {
    name: 'attributes',
    argument: { label: 'name' },
    description: 'Attributes, with commas between. Default: all.',
  },
  {
    name: 'reporting-interval',
    argument: { label: 'ms', type: 'Integer' },
    description: 'How often to look, in milliseconds; -1: once.',
    default: '2000',
  },
  {
    name: 'one-time',
    argument: { label: 'one-time', isOptional: true },
    description: 'Look once.',
    default: 'false',
  },
  {
    name: 'date-format',
    argument: { label: 'format' },
    description: "How the time is printed: a pattern of Java's SimpleDateFormat. Default: milliseconds.",
  },
  {
    name: 'jmx-url',
    argument: { label: 'service-url' },
    description:
      'The HTTP listener of the broker, http://HOST:PORT/metrics. Of the URL of a JMX server host and port are taken.',
    default: DEFAULT_URL,
  },
  {
    name: 'report-format',
    argument: { label: 'report-format' },
    description: "'original', 'properties', 'csv' or 'tsv'.",
    default: 'original',
  },
  { name: 'jmx-auth-prop', argument: { label: 'jmx-auth-prop' }, description: 'Understood, without effect.' },
  { name: 'jmx-ssl-enable', argument: { label: 'ssl-enable' }, description: 'Understood, without effect.' },
  { name: 'wait', description: 'Wait until all MBeans that are named are there.' },
]

/** Runs kafka-jmx. */
export const run = defineTool({
  purpose: 'print metrics.',
  message: 'Dump JMX values to standard output.',
  options: OPTIONS,
  run: dump,
})

async function dump(options: ParsedOptions, io: Io): Promise<number> {
  const queries = options.values('object-name').map(parseObjectName)
  const format = options.value('date-format')
  const intervalMs = options.integer('reporting-interval')!
  const board = new Board(await reach(options, io), io)
  await findObjects(board, queries, { waits: options.has('wait'), io })
  const keep = options.value('attributes')?.split(',')
  const table = new Table({ queries, keep, format: options.value('report-format')!, time: timeOf(format) })
  for (;;) {
    const startMs = io.env.clock.now()
    const lines = table.lines(await board.look(), startMs)
    if (lines === null) {
      const names = queries.map(({ text }) => text).join(', ')
      throw new ToolError(`No matched attributes for the queried objects [${names}].`)
    }
    for (const line of lines) printLine(io.stdout, line)
    if (intervalMs < 0 || options.has('one-time')) return 0
    await pause(io.env, Math.max(0, intervalMs - (io.env.clock.now() - startMs)), io.signal)
    if (io.signal.aborted) return stopCode(io.signal)
  }
}

function timeOf(format: string | undefined): DateFormat {
  return format === undefined ? String : javaDateFormat(format)
}

/** The page of one broker, and the rates that follow from looking at it again. */
class Board {
  readonly #address: PageAddress
  readonly #io: Io
  readonly #view = new MBeanView()

  constructor(address: PageAddress, io: Io) {
    this.#address = address
    this.#io = io
  }

  async look(): Promise<Map<string, Attributes>> {
    const page = await readPage(this.#io.env, this.#address)
    return this.#view.look(parseSamples(page), this.#io.env.clock.now())
  }
}

/** The address, once somebody answers there. */
async function reach(options: ParsedOptions, io: Io): Promise<PageAddress> {
  const url = options.value('jmx-url')!
  const address = pageAddress(url)
  if (address === undefined) throw new ToolError(`${url} is no URL`)
  const { clock } = io.env
  printLine(io.stderr, `Trying to connect to JMX url: ${url}`)
  const startMs = clock.monotonic()
  let isTold = false
  for (;;) {
    try {
      await readPage(io.env, address)
      return address
    } catch (error) {
      if (!isTold) printLine(io.stderr, `Could not connect to JMX url: ${url}. Exception: ${(error as Error).message}.`)
      isTold = true
    }
    const elapsedMs = Math.round(clock.monotonic() - startMs)
    if (elapsedMs >= PATIENCE_MS || io.signal.aborted) {
      throw new ToolError(`Could not connect to JMX url ${url} after ${elapsedMs} ms.`)
    }
    await pause(io.env, RETRY_MS, io.signal)
  }
}

async function findObjects(
  board: Board,
  queries: readonly ObjectName[],
  { waits, io }: { readonly waits: boolean; readonly io: Io },
): Promise<void> {
  if (!waits || queries.length === 0 || queries.some(isPattern)) return
  const { clock } = io.env
  const startMs = clock.monotonic()
  for (;;) {
    const names = [...(await board.look()).keys()].map(parseObjectName)
    const missing = queries.filter((query) => !names.some((name) => matchesName(query, name)))
    if (missing.length === 0) return
    const elapsedMs = Math.round(clock.monotonic() - startMs)
    if (elapsedMs >= PATIENCE_MS || io.signal.aborted) {
      const list = missing.map(({ text }) => text).join(',')
      throw new ToolError(`Could not find all requested object names after ${elapsedMs} ms. Missing ${list}`)
    }
    printLine(io.stderr, 'Could not find all object names, retrying')
    await pause(io.env, RETRY_MS, io.signal)
  }
}

interface TableOptions {
  readonly queries: readonly ObjectName[]
  /** Attributes. Undefined: all. */
  readonly keep: readonly string[] | undefined
  readonly format: string
  readonly time: DateFormat
}

/** What of the MBeans is printed, and how. */
class Table {
  readonly #options: TableOptions
  #hasHeader = false

  constructor(options: TableOptions) {
    this.#options = options
  }

  /** Null: there is nothing of what is asked for. */
  lines(beans: ReadonlyMap<string, Attributes>, nowMs: number): string[] | null {
    const { queries, keep, format, time } = this.#options
    const entries: [string, string][] = []
    for (const [name, attributes] of beans) {
      const parsed = parseObjectName(name)
      if (queries.length > 0 && !queries.some((query) => matchesName(query, parsed))) continue
      for (const [attribute, value] of attributes) {
        if (keep === undefined || keep.includes(attribute)) entries.push([`${name}:${attribute}`, value])
      }
    }
    if (entries.length === 0) return null
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    entries.unshift(['time', time(nowMs)])
    const line = LINE_FORMATS[format]
    if (line !== undefined) return entries.map(([key, value]) => line(key, value))
    const row = entries.map(([, value]) => value).join(',')
    if (this.#hasHeader) return [row]
    this.#hasHeader = true
    return [entries.map(([key]) => `"${key}"`).join(','), row]
  }
}
