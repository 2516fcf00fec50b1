/**
 * npm run setup:clients: installs what the real-client tier needs into .cache/clients, each part from its own lock or
 * requirement file below tests/clients. Parts that are there already are left alone.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheOf, javaProfiles } from './lib/clients.mjs'
import { postgresProgram } from './lib/databases.mjs'
import { nodeBinary, nodeVersions } from './lib/node-versions.mjs'
import { otherRuntimes, runtimeBinary } from './lib/other-runtimes.mjs'
import { root, run, say } from './lib/workspace.mjs'

const clients = (...parts) => join(root, 'tests', 'clients', ...parts)

/** Runs `install` unless it already ran to its end for the same inputs. */
async function part(name, inputs, install) {
  const folder = cacheOf(name)
  const stamp = join(folder, '.installed')
  const hash = createHash('sha256')
  for (const input of inputs) hash.update(readFileSync(input))
  const wanted = hash.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  const started = performance.now()
  say(`setting up ${name}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await install(folder)
  writeFileSync(stamp, wanted)
  say(`${name} took ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

/** Jars of a profile of the pom, and our programs compiled against them. */
async function javaPart(profile, programs) {
  const sources = programs.map((name) => clients('java', 'src', 'main', 'java', 'checks', `${name}.java`))
  await part(`java-${profile}`, [clients('java', 'pom.xml'), ...sources], (folder) => {
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(folder, 'jars')}`]
    run('mvn', ['-q', '-B', `-P${profile}`, '-f', clients('java', 'pom.xml'), ...copy])
    if (sources.length === 0) return
    const [classes, jars] = [join(folder, 'classes'), join(folder, 'jars', '*')]
    run('javac', ['-nowarn', '--release', '11', '-d', classes, '-cp', jars, ...sources])
  })
}

for (const [profile, { classes, groups }] of Object.entries(javaProfiles)) {
  const clientPrograms = classes ? ['ClientChecks', 'TransactionChecks'] : []
  await javaPart(profile, [...clientPrograms, ...(groups ? ['GroupChecks', 'ShareChecks', 'ShareQueueChecks'] : [])])
}
await javaPart('streams', ['StreamsChecks'])
// Compiled against the oldest release, run with any.
const members = clients('java', 'src', 'main', 'java', 'checks', 'GroupMembers.java')
await part('java-members', [members], (folder) => {
  run('javac', ['-nowarn', '--release', '11', '-d', folder, '-cp', join(cacheOf('java-v24'), 'jars', '*'), members])
})
const spring = ['pom.xml', 'SpringProgram.java'].map((file) => clients('spring', file))
await part('spring', spring, (folder) => {
  const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(folder, 'jars')}`]
  run('mvn', ['-q', '-B', '-f', clients('spring', 'pom.xml'), ...copy])
  const options = ['-nowarn', '-parameters', '--release', '17', '-d', join(folder, 'classes')]
  run('javac', [...options, '-cp', join(folder, 'jars', '*'), clients('spring', 'SpringProgram.java')])
})
await part('python', [clients('python', 'requirements.txt')], (folder) => {
  run('python3', ['-m', 'venv', folder])
  run(join(folder, 'bin', 'pip'), [
    'install',
    '-q',
    '--disable-pip-version-check',
    '-r',
    clients('python', 'requirements.txt'),
  ])
})
await part(
  'go',
  ['go.mod', 'go.sum', 'report.go', 'franz.go', 'sarama.go'].map((file) => clients('go', file)),
  (folder) => run('go', ['build', '-o', join(folder, 'checks'), '.'], { cwd: clients('go') }),
)
await part('node', [clients('node', 'package-lock.json')], () =>
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: clients('node') }),
)
for (const major of Object.keys(nodeVersions)) await nodeBinary(Number(major))
for (const name of Object.keys(otherRuntimes)) runtimeBinary(name)
const packages = [
  ...(spawnSync('kcat', ['-V']).error ? ['kcat'] : []),
  ...(postgresProgram('initdb') === undefined ? ['postgresql'] : []),
  ...(spawnSync('redis-server', ['--version']).error ? ['redis-server'] : []),
]
if (packages.length > 0) {
  say(`setting up ${packages.join(', ')} (apt-get)`)
  run('apt-get', ['update', '-qq'])
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}
