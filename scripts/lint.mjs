/** npm run lint: formatter and linter over the whole tree. npm run lint -- --write repairs what can be repaired. */
import { ensureInstalled, run, tool } from './lib/workspace.mjs'

ensureInstalled()
run(tool('biome'), ['check', '--error-on-warnings', ...process.argv.slice(2), '.'])
