/** Prints the outcome of each case as one JSON object per line. */
import { readFileSync } from 'node:fs'

export function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`./node_modules/${name}/package.json`, import.meta.url))).version
}

export function reporter(client) {
  const version = versionOf(client)
  const report = (title, outcome, detail = '') =>
    console.log(JSON.stringify({ client, version, case: title, outcome, detail }))
  return {
    absent: (title, reason) => report(title, 'absent', reason),
    async run(title, body) {
      const deadline = new Promise((_, reject) =>
        setTimeout(() => reject(new Error('no end within 180 s')), 180_000).unref(),
      )
      try {
        await Promise.race([body(), deadline])
        report(title, 'passed')
      } catch (error) {
        const where =
          error.stack
            ?.split('\n')
            .find((line) => line.includes('-checks.mjs'))
            ?.trim() ?? ''
        report(title, 'failed', `${error.name}: ${error.message} ${where}`.slice(0, 400))
      }
    },
  }
}

export function expect(condition, message) {
  if (!condition) throw new Error(message)
}

/** Keys and values that every client writes: index in the key, a kilobyte that compresses a little in the value. */
export function records(count = 300) {
  return Array.from({ length: count }, (_, i) => ({ key: `key-${i}`, value: `value-${i}-${'abcdefghij'.repeat(100)}` }))
}

export async function until(condition, message, timeoutMs = 60_000) {
  const end = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(message)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
