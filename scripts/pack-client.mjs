/** npm run pack:client: the client and the packages it needs, as they are published, into dist/: `npm install dist/*.tgz` elsewhere. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownPackages, stageClient } from './lib/stage-client.mjs'
import { compile, ensureInstalled, root, run, say } from './lib/workspace.mjs'

ensureInstalled()
compile(['client'])
const target = join(root, 'dist')
rmSync(target, { recursive: true, force: true })
mkdirSync(target)
const folder = mkdtempSync(join(tmpdir(), 'ottla-pack-'))
try {
  await stageClient(join(folder, 'client'))
  const sources = [...ownPackages('client')].map((name) =>
    name === 'client' ? join(folder, name) : join(root, 'packages', name),
  )
  run('npm', ['pack', ...sources, '--pack-destination', target, '--ignore-scripts', '--loglevel=error'])
  say(`packed into ${target}`)
} finally {
  rmSync(folder, { recursive: true })
}
