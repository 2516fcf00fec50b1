/**
 * A reporter for node:test that a person can watch: one line per file when its tests are over, every failure in full,
 * and node's own closing lines.
 */
import { relative } from 'node:path'

const counters = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo', 'duration_ms']

export default async function* reporter(source) {
  const perFile = new Map()
  for await (const event of source) {
    const { data } = event
    if (event.type === 'test:pass' || event.type === 'test:fail') {
      const file = data.file ?? 'unknown'
      const isFile = data.nesting === 0 && data.name.endsWith('.js')
      const entry = perFile.get(file) ?? { passed: 0, failed: 0, ms: 0 }
      perFile.set(file, entry)
      if (event.type === 'test:pass') entry.passed += isFile ? 0 : 1
      else {
        entry.failed += 1
        yield `\nFAIL ${relative(process.cwd(), file)}\n  ${data.name}\n${indent(describe(data.details?.error))}\n`
      }
      if (data.skip !== undefined) yield `skip ${relative(process.cwd(), file)}: ${data.name} (${data.skip})\n`
    } else if (event.type === 'test:stderr' || event.type === 'test:stdout') {
      if (process.env.TEST_OUTPUT) yield data.message
    } else if (event.type === 'test:diagnostic' && data.nesting === 0) {
      if (counters.some((name) => data.message.startsWith(`${name} `))) yield `ℹ ${data.message}\n`
    }
  }
  const failed = [...perFile].filter(([, entry]) => entry.failed > 0)
  if (failed.length > 0) yield `\nfailed: ${failed.map(([file]) => relative(process.cwd(), file)).join(', ')}\n`
}

function describe(error) {
  if (error === undefined) return ''
  const cause = error.cause ?? error
  return String(cause?.stack ?? cause)
}

function indent(text) {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')
}
