/**
 * npm run test:faults: real faults against a real process. Each part is a program below tests/faults that prints the
 * same JSON lines as the client tier.
 *   npm run test:faults -- kill       only the programs whose name contains a word
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, run, say } from './lib/workspace.mjs'

const filter = process.argv[2] ?? ''
if (!existsSync(join(root, 'build', 'server.cjs'))) run(process.execPath, [join(root, 'scripts', 'build.mjs')])
let passed = 0
let failed = 0
let unable = 0
for (const file of readdirSync(join(root, 'tests', 'faults'))
  .filter((name) => name.endsWith('-faults.mjs') && name.includes(filter))
  .sort()) {
  say(file)
  const result = spawnSync(process.execPath, [join(root, 'tests', 'faults', file)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 600_000,
    maxBuffer: 1 << 26,
  })
  let seen = 0
  for (const line of result.stdout.toString().split('\n')) {
    if (!line.startsWith('{')) continue
    const outcome = JSON.parse(line)
    seen += 1
    if (outcome.outcome === 'passed') passed += 1
    else if (outcome.outcome === 'failed') failed += 1
    else unable += 1
    console.log(`${outcome.outcome.padEnd(7)} ${outcome.case}${outcome.detail === '' ? '' : `: ${outcome.detail}`}`)
  }
  if (result.status !== 0 || seen === 0) {
    failed += 1
    console.log(`failed  ${file} ended with ${result.status ?? result.signal} after ${seen} cases`)
  }
}
console.log(`${passed} passed, ${failed} failed, ${unable} cannot run on this machine`)
process.exit(failed === 0 ? 0 : 1)
