/** The page of a whole run: docs/benchmarks/data-path.md and its pictures. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { root } from '../../scripts/lib/workspace.mjs'
import { plots } from './plots.mjs'
import { goalsTable, noiseTable, tables } from './report.mjs'

const folder = join(root, 'docs', 'benchmarks')

/** run: { revision, rounds, times, seconds, leftOut, failed }. */
export function writePage(results, run) {
  const pictures = plots(results)
  rmSync(join(folder, 'data-path'), { recursive: true, force: true })
  mkdirSync(join(folder, 'data-path'), { recursive: true })
  for (const [name, svg] of Object.entries(pictures)) writeFileSync(join(folder, 'data-path', name), svg)
  writeFileSync(join(folder, 'data-path.md'), pageOf(results, run, Object.keys(pictures)))
}

function pageOf(results, { revision, rounds, times, seconds, leftOut, failed }, pictures) {
  const images = pictures.map((name) => `![${name.replace('.svg', '').replaceAll('-', ' ')}](data-path/${name})`)
  const missing = [
    ['No time was left for', leftOut],
    ['Failed', failed],
  ]
    .filter(([, names]) => names.length > 0)
    .map(([what, names]) => `\n${what}: ${names.join('; ')}.\n`)
    .join('')
  return `# The data path beside Apache Kafka

Written by \`npm run bench -- data-path\` at ${revision} on Node ${process.version}: ${availableParallelism()} cores (${cpus()[0].model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GB, ${(seconds / 60).toFixed(0)} minutes, load average at
the end ${loadavg()[0].toFixed(1)}. Up to ${rounds} rounds in which the systems take turns; ${times.durationMs / 1000} s a case after ${times.warmMs / 1000} s that do not count. What the figures mean for a
user of the broker is in [performance](../performance.md).
${missing}
## Goals

Ratios are Ottla to Apache Kafka in this run. A throughput within the noise counts as equal; one that the load tool bound does not count, and its CPU does.

${goalsTable(results)}

## How to read the tables

- A figure is the median of the rounds, in brackets the lowest and the highest; a ratio is that of the medians, in brackets the least and the most that the rounds allow. Bold is better than Apache Kafka.
- **none**: no difference, since it is not larger than that by which the same system differs from itself, from round to round or in the table [the same system twice](#the-same-system-twice).
- The load is a generator of our own (bench/load) in a process beside the broker: it sends batches that were made before, and of what it fetches it looks at the headers of batches alone. "Kafka's load tools" are Apache
  Kafka's own, with what their start costs the broker.
- **load, of a core**: what the generator took while Ottla / Apache Kafka was measured. *It binds*: no time was left on its core, so the rate is its own and not the broker's; what the broker's CPU says then counts.
- All acknowledge from the page cache (\`ottla.durability=replicated\`), but for the column of *fsync*, Ottla's default, which acknowledges what is on the disk; its ratio is to Apache Kafka, which does not sync.
- MB/s are of records before compression. CPU is that of the broker's process, user and system, all its threads. Memory is the most that was resident while the case ran. Bytes to disk are what the kernel
  counts for the process, pages that it was still to write included.
- Consume: a topic of 32 MB, just written, read over and over by two consumers; *older than what is in memory*: 512 MB; *cold*: the first read of 512 MB after a restart of the broker. The kernel's page cache is warm in all of them.
- Latency is counted from when a record was due, not from when it was sent, so that a stall counts for all who had to wait for it. The generator is one thread that never sleeps, for both systems alike: what it
  measures holds no wake-up of its own, and the broker has the rest of the machine (on two cores little more than the other one). The floor is what the generator finds at that moment with a process that only passes
  records on: nobody can be measured below it. *p50 less the floor* is what the broker adds; the goals are judged by the whole latency.
- What is idle: memory of each one more, and the time that the broker takes with all of them while nobody asks for anything.

${images.join('\n\n')}

${tables(results)}

## The same system twice

The base of each kind on a second Ottla, started in turn with the others: what these ratios are away from 1 is the noise of the machine.

${noiseTable(results)}
`
}
