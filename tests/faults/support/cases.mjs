/**
 * The cases of one program of faults. What a case starts or mounts it hands over to be undone: when the case is over, and also when
 * the program is told to end.
 *   node tests/faults/disk-faults.mjs remount     only the cases whose title contains a word
 */
import { expect, reporter } from '../../clients/tools/report.mjs'

const CASE_LIMIT_MS = 240_000

/** Runs the cases one after the other and ends the process. `cases` are [title, body, reason it cannot run here?]. */
export async function runCases(name, cases) {
  const { run, absent } = reporter(name, process.version)
  const filter = process.argv[2] ?? ''
  const undo = []
  const undoAll = () => {
    for (const step of undo.splice(0).reverse()) {
      try {
        step()
      } catch (error) {
        console.error(`  not undone: ${error.message}`)
      }
    }
  }
  process.on('exit', undoAll)
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(1))
  for (const [title, body, unable] of cases.filter(([title]) => title.includes(filter))) {
    if (unable !== undefined) {
      absent(title, unable)
      continue
    }
    await run(title, async () => {
      let limit
      const late = new Promise((_, reject) => {
        limit = setTimeout(() => reject(new Error(`not over within ${CASE_LIMIT_MS / 1000} s`)), CASE_LIMIT_MS)
      })
      try {
        await Promise.race([body({ defer: (step) => undo.push(step) }), late])
      } finally {
        clearTimeout(limit)
        undoAll()
      }
    })
  }
  process.exit(0)
}

/** Asks until `condition` gives something other than false, null or undefined, and gives that. */
export async function until(condition, what, timeoutMs = 30_000) {
  const end = performance.now() + timeoutMs
  for (;;) {
    const value = await condition()
    if (value !== false && value !== null && value !== undefined) return value
    expect(performance.now() < end, `${typeof what === 'function' ? what() : what}: not within ${timeoutMs / 1000} s`)
    await pause(20)
  }
}

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export function expectMatch(text, pattern, what = '') {
  expect(pattern.test(text), `${what === '' ? '' : `${what}: `}${pattern} is not in: ${text.slice(-350)}`)
}

export function expectEqual(actual, expected, what) {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  expect(a === b, `${what}: ${a}, expected ${b}`)
}
