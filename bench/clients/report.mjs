/** The page of the benchmark of clients, from its results. */
import { availableParallelism, cpus } from 'node:os'

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]

/** Measures of a row: what they are called, and whether less is better. */
const MEASURES = {
  perSecond: { title: 'k records/s', scale: 1 / 1000, isLessBetter: false },
  cpuUsPerRecord: { title: 'µs of CPU per record', scale: 1, isLessBetter: true },
  p50Ms: { title: 'ms, median', scale: 1, isLessBetter: true },
  p99Ms: { title: 'ms, slowest 1 %', scale: 1, isLessBetter: true },
  ms: { title: 'ms', scale: 1, isLessBetter: true },
}

const rounded = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2))

function cell(samples, measure) {
  const values = (samples ?? []).map((sample) => sample[measure]).filter((value) => Number.isFinite(value))
  if (values.length === 0) return { text: '–', value: null }
  const { scale } = MEASURES[measure]
  const value = median(values)
  const spread =
    values.length === 1 ? '' : ` (${rounded(Math.min(...values) * scale)}–${rounded(Math.max(...values) * scale)})`
  return { text: `${rounded(value * scale)}${spread}`, value }
}

function table(results, rows, measure) {
  const { contestants, labels } = results
  const lines = [
    `| ${MEASURES[measure].title} | ${contestants.map((name) => labels[name] ?? name).join(' | ')} |`,
    `| --- |${' ---: |'.repeat(contestants.length)}`,
  ]
  for (const row of rows) {
    const cells = contestants.map((name) => cell(results.samples[row][name], measure))
    const known = cells.map(({ value }) => value).filter((value) => value !== null)
    const best = MEASURES[measure].isLessBetter ? Math.min(...known) : Math.max(...known)
    lines.push(`| ${row} | ${cells.map(({ text, value }) => (value === best ? `**${text}**` : text)).join(' | ')} |`)
  }
  return lines.join('\n')
}

/** Where another one in JavaScript is ahead of the better of our two columns. */
function lost(results, rows, measure) {
  const { isLessBetter } = MEASURES[measure]
  return rows.flatMap((row) => {
    const figureOf = (name) => cell(results.samples[row][name], measure).value
    const ours = results.contestants.filter((name) => name.startsWith('ottla')).map(figureOf)
    const own = isLessBetter ? Math.min(...ours.filter((value) => value !== null)) : Math.max(...ours)
    return results.contestants
      .filter((name) => !name.startsWith('ottla') && name !== 'java')
      .filter((name) => figureOf(name) !== null && (isLessBetter ? figureOf(name) < own : figureOf(name) > own))
      .map(
        (name) =>
          `- ${row}, ${MEASURES[measure].title}: ${results.labels[name]}, by a factor of ${rounded(isLessBetter ? own / figureOf(name) : figureOf(name) / own)}`,
      )
  })
}

export function page(results) {
  const rows = Object.keys(results.samples)
  const of = (kind) => rows.filter((row) => row.startsWith(kind))
  const loads = [...of('produce'), ...of('consume')]
  const sections = [
    ['Records per second', loads, 'perSecond'],
    ['CPU', loads, 'cpuUsPerRecord'],
    ['One send at a time', of('one send'), 'p50Ms'],
    ['', of('one send'), 'p99Ms'],
    ['', of('one send'), 'cpuUsPerRecord'],
    ['From the start of the process to the first record', of('first'), 'ms'],
  ].filter(([, names]) => names.length > 0)
  const behind = sections.flatMap(([, names, measure]) => lost(results, names, measure))
  return `# Clients side by side

Written by \`npm run bench -- clients\`: every client against the same broker (${results.broker}) on the same machine in the same run (${availableParallelism()} cores, ${cpus()[0].model.trim()}), each
measurement in a process of its own, ${results.rounds === 1 ? 'once' : `${results.rounds} rounds in turn`}: the median, in brackets lowest and highest. Client and broker share the cores, so records per second say what both reach together; CPU per record
is that of the client's process alone, all its threads and garbage collection included. The load of the machine before it began was ${results.loadBefore.toFixed(1)}: what else it
had to do is in the times, and in the spread.

${sections.map(([title, names, measure]) => `${title === '' ? '' : `## ${title}\n\n`}${table(results, names, measure)}`).join('\n\n')}

${behind.length === 0 ? "No other client in JavaScript is ahead of Ottla's in any row." : `Not first among those in JavaScript:\n\n${behind.join('\n')}`}

## What was done

- All JavaScript runs on Node ${results.node}, the one long-term release that all of them support (@platformatic/kafka needs 22.22 or 24.6, node-rdkafka is compiled for it). Java is ${results.java}.
- Records are lines of JSON of 100 B or 1 KB, the same for all, without keys, to one partition. lz4 makes about half of them. The broker's files are in memory, so that no disk is measured.
- acks = all. Batches of up to 128 KiB, as many records in a call as fill one, five calls under way. Ottla's client and librdkafka are idempotent; kafkajs (experimental) and
  @platformatic/kafka would have only one request under way then, so they go without, which is to their advantage. librdkafka and Java linger for 5 ms, as they do by default, and librdkafka has twenty calls under way.
  Nobody else lingers.
- Ottla: \`sendAll\` and \`poll\`; record by record: \`send\` with its own promise, \`for await\`. kafkajs: \`send\` with many messages, \`eachBatch\`; its lz4 is that of lz4-napi. @platformatic/kafka: \`send\` with many
  messages, the stream's 'data'. node-rdkafka: \`produce\` with delivery reports, polled every 2 ms (for a single send in every turn of the event loop), \`consume(1000)\`; its queue of fetched messages is larger than by default, with
  which it stands still for most of each second.
- Consumers are members of a group, commit nothing, verify checksums where they can (kafkajs and @platformatic/kafka do not), fetch up to 1 MiB of the partition at a time, and look at the length of every value.
- The first second or quarter of each run does not count. Java's tools count from their start; their CPU is less that of a run with one record.
- Single sends are 100 B, one after the answer to the other. The first record: from the start of the process until it is acknowledged, or received by a new group of a topic that has one; the time in which Node starts is in it.

Figures of the broker and of the protocol's code are in [benchmarks/](benchmarks/).
`
}
