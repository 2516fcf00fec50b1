/**
 * Installs what the client is measured against below .cache/bench-clients, as the lock files here say: kafkajs and @platformatic/kafka, and node-rdkafka, which is
 * compiled for the Node that all contestants run on (about two minutes, once; needs a C++ compiler, make and python). Nothing of it
 * touches the workspace. `node bench/clients/setup.mjs` does it alone.
 */
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { nodeBinary, nodeVersions } from '../../scripts/lib/node-versions.mjs'
import { stageClient } from '../../scripts/lib/stage-client.mjs'
import { root, run, say } from '../../scripts/lib/workspace.mjs'

/** @platformatic/kafka runs on 22.22 and later only: so all contestants run on this one. */
export const NODE_MAJOR = 24
export const contestantsFolder = join(root, '.cache', 'bench-clients')

function part(name, source, install) {
  const folder = join(contestantsFolder, name)
  const stamp = join(folder, '.installed')
  const lock = readFileSync(join(source, 'package-lock.json'))
  const wanted = createHash('sha256').update(lock).update(nodeVersions[NODE_MAJOR]).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say(`setting up ${name} for the benchmark of clients`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(source, file), join(folder, file))
  install(folder)
  writeFileSync(stamp, wanted)
}

export async function setUp() {
  const here = join(root, 'bench', 'clients')
  const node = await nodeBinary(NODE_MAJOR)
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` }
  const install = (cwd) => run('npm', ['ci', '--ignore-scripts', ...quiet], { cwd, env })
  part('javascript', here, install)
  part('native', join(here, 'native'), (cwd) => {
    install(cwd)
    const headers = `--nodedir=${dirname(dirname(node))}`
    run('npm', ['rebuild', 'node-rdkafka', '--ignore-scripts=false', headers, ...quiet], { cwd, env })
  })
  // Ours as it is published.
  await stageClient(join(here, 'build', 'client'))
  return node
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await setUp()
