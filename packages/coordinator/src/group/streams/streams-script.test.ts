/** Runs the scripts beside the sources and compares the trace; `UPDATE=1` writes it anew, to be reviewed as a change. */
import { equal } from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runStreamsScript } from './testing/streams-script.ts'

const sources = import.meta.dirname.replace(/dist(?=[\\/]group[\\/]streams$)/, 'src')

for (const name of readdirSync(sources).filter((each) => each.endsWith('.txt'))) {
  const path = join(sources, name)
  // Each case is a test of its own, so that a failure says which.
  const cases = readFileSync(path, 'utf8').split(/(?=^== )/m)
  const traces: string[] = []
  for (const [index, script] of cases.entries()) {
    const title = /^== (.*)/.exec(script)?.[1] ?? 'preface'
    test(`${name}: ${title}`, async () => {
      const trace = await runStreamsScript(script)
      if (process.env['UPDATE'] === undefined) equal(trace, script)
      traces[index] = trace
      if (process.env['UPDATE'] !== undefined && index === cases.length - 1) writeFileSync(path, traces.join(''))
    })
  }
}
