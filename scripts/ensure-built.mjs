/** Makes build/ if it is missing, and says so: bin/*.sh call this on a fresh clone. `--fresh` also when a source is newer. */
import { buildState, bundle } from './lib/bundle.mjs'
import { ensureInstalled, say } from './lib/workspace.mjs'

const state = buildState()
const isFreshWanted = process.argv.includes('--fresh')
if (state === 'missing' || (isFreshWanted && state === 'stale')) {
  ensureInstalled()
  say(state === 'missing' ? 'bundling server and tools into build/, once' : 'bundling again: sources have changed')
  await bundle()
}
