/**
 * A reporter for node:test that a person can watch: a line per file as soon as its tests are over (node reports file after file), every
 * failure in full, and node's own closing lines.
 */
import { relative } from 'node:path'

const counters = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo', 'duration_ms']

export default async function* reporter(source) {
  const failedFiles = new Set()
  const closing = []
  let current = null
  const summary = () => {
    if (current === null) return ''
    const { file, passed, failed } = current
    return `${failed > 0 ? 'FAIL' : 'ok  '} ${file}: ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}\n`
  }
  for await (const { type, data } of source) {
    if (type === 'test:pass' || type === 'test:fail') {
      const file = relative(process.cwd(), data.file ?? 'unknown')
      if (current?.file !== file) {
        yield summary()
        current = { file, passed: 0, failed: 0 }
      }
      if (data.skip !== undefined) yield `skip ${file}: ${data.name} (${data.skip})\n`
      if (type === 'test:pass') current.passed += 1
      else {
        current.failed += 1
        failedFiles.add(file)
        yield `\nFAIL ${file}\n  ${data.name}\n${indent(describe(data.details?.error))}\n`
      }
    } else if (type === 'test:stderr' || type === 'test:stdout') {
      if (process.env.TEST_OUTPUT) yield data.message
    } else if (type === 'test:diagnostic' && data.nesting === 0) {
      if (counters.some((name) => data.message.startsWith(`${name} `))) closing.push(`ℹ ${data.message}\n`)
    }
  }
  yield summary()
  if (failedFiles.size > 0) yield `\nfailed: ${[...failedFiles].join(', ')}\n`
  yield closing.join('')
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
