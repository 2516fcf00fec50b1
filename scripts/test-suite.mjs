/** npm run test:suite: see tests/suite/README.md. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled, root, run } from './lib/workspace.mjs'

ensureInstalled()
if (!existsSync(join(root, 'build', 'server.cjs'))) run(process.execPath, [join(root, 'scripts', 'build.mjs')])
await import('../tests/suite/run.mjs')
