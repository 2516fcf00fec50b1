/**
 * The client as users get it: packed, installed into a fresh folder, and run there by every runtime; required by CommonJS; its types checked by a program
 * of a user. Prints the lines of the real-client tier. runtimes-checks.mjs [WORD]
 */
import { spawn } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { CertificateAuthority } from '@ottla/testkit/certificates'
import { nodeBinary, nodeVersions } from '../../scripts/lib/node-versions.mjs'
import { otherRuntimes, runtimeBinary } from '../../scripts/lib/other-runtimes.mjs'
import { ownPackages, stageClient } from '../../scripts/lib/stage-client.mjs'
import { freePort, startBroker } from '../../scripts/lib/test-broker.mjs'
import { root, tool } from '../../scripts/lib/workspace.mjs'
import { command, expect, reporter } from '../clients/tools/report.mjs'

const filter = process.argv[2] ?? ''
const folder = mkdtempSync(join(tmpdir(), 'ottla-runtimes-'))
const here = (...parts) => join(root, 'tests', 'runtimes', ...parts)
const { version } = JSON.parse(readFileSync(join(root, 'packages', 'client', 'package.json'), 'utf8'))
const { run } = reporter('@ottla/client', version)
const matches = (title) => title.toLowerCase().includes(filter.toLowerCase())
const check = async (title, body) => {
  if (matches(title)) await run(title, body)
}
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall']

const manifestOf = (path) => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))

async function packAndInstall() {
  const staged = join(folder, 'staged')
  await stageClient(staged)
  const sources = [...ownPackages('client')].map((name) => (name === 'client' ? staged : join(root, 'packages', name)))
  const packing = ['pack', ...sources, '--pack-destination', folder, '--json', '--ignore-scripts', '--loglevel=error']
  const packed = await command('npm', packing)
  expect(packed.code === 0, packed.stderr)
  const files = JSON.parse(packed.stdout).map(({ filename }) => join(folder, filename))
  writeFileSync(join(folder, 'package.json'), '{ "name": "somebody", "private": true, "type": "module" }\n')
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  // No --ignore-scripts: there must be nothing to ignore.
  const installed = await command('npm', ['install', '--prefix', folder, ...flags, ...files])
  expect(installed.code === 0, installed.stderr)
  return JSON.parse(packed.stdout)
}

/** Every installed package with its manifest. */
function installed() {
  const modules = join(folder, 'node_modules')
  const names = readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((each) => `${name}/${each}`) : [name],
    )
  return names.map((name) => manifestOf(join(modules, name)))
}

/** What the table of run time dependencies lists, `name version`. */
function listed() {
  const text = readFileSync(join(root, 'DEPENDENCIES.md'), 'utf8')
  const table = text.slice(text.indexOf('## At run time'), text.indexOf('## Own code'))
  return new Set([...table.matchAll(/^\| (\S+) \| (\d\S*) \|/gm)].map(([, name, at]) => `${name} ${at}`))
}

function checkTree() {
  const known = listed()
  for (const { name, version: at, scripts = {}, cpu } of installed()) {
    const script = INSTALL_SCRIPTS.find((each) => scripts[each] !== undefined)
    expect(script === undefined, `${name} has the script ${script}`)
    // What is for one processor is a part of the package that brings it.
    if (name.startsWith('@ottla/') || cpu !== undefined) continue
    expect(known.has(`${name} ${at}`), `${name} ${at} is not listed in DEPENDENCIES.md`)
  }
}

function checkPackages(packed) {
  for (const { name, files } of packed) {
    const paths = new Set(files.map(({ path }) => path))
    for (const path of ['README.md', 'LICENSE', 'package.json']) expect(paths.has(path), `${name} has no ${path}`)
    for (const path of paths) {
      expect(!/\.test\.|tsbuildinfo|golden|fake-/.test(path), `${name} holds ${path}`)
    }
    const manifest = manifestOf(join(folder, 'node_modules', name))
    for (const field of ['description', 'license', 'engines', 'keywords', 'exports', 'files']) {
      expect(manifest[field] !== undefined, `${name} has no field ${field}`)
    }
    for (const entry of Object.values(manifest.exports)) {
      if (typeof entry === 'string') continue
      expect(Object.keys(entry)[0] === 'types', `${name}: types come first`)
      for (const path of Object.values(entry)) expect(paths.has(path.slice(2)), `${name} has no ${path}`)
    }
  }
}

/** A broker that is spoken to as it is, and under TLS by way of a proxy. */
async function startServers() {
  const authority = new CertificateAuthority()
  const [plain, behind, front] = [await freePort(), await freePort(), await freePort()]
  const settings = {
    listeners: `PLAINTEXT://127.0.0.1:${plain},BEHIND://127.0.0.1:${behind}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${plain},BEHIND://127.0.0.1:${front}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,BEHIND:PLAINTEXT',
    'transaction.state.log.num.partitions': '2',
    'offsets.topic.num.partitions': '2',
  }
  const broker = await startBroker({ settings, port: plain })
  const proxy = createTlsServer(authority.issue({ name: 'broker', hosts: ['127.0.0.1'] }), (socket) => {
    const upstream = connect(behind, '127.0.0.1')
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ]) {
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
      from.pipe(to)
    }
  })
  await new Promise((resolve) => proxy.listen(front, '127.0.0.1', resolve))
  return {
    env: { BOOTSTRAP: broker.bootstrap, TLS_BOOTSTRAP: `127.0.0.1:${front}`, TLS_CA: authority.cert },
    async stop() {
      proxy.close()
      await broker.stop('SIGKILL')
    },
  }
}

/** Runs a program in the folder of the installed packages; passes its lines on. It has to end by itself. */
function runProgram(file, args, env) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: folder, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const limit = setTimeout(() => child.kill('SIGKILL'), 240_000)
    let [output, errors] = ['', '']
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (errors += chunk))
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      for (const line of output.split('\n')) if (line.startsWith('{')) console.log(line)
      resolve({ code, signal, errors })
    })
  })
}

const runtimes = [
  ...Object.entries(nodeVersions).map(([major, at]) => ({
    name: `Node ${at}`,
    binary: () => nodeBinary(Number(major)),
    args: [],
  })),
  { name: `Bun ${otherRuntimes.bun.version}`, binary: () => runtimeBinary('bun'), args: [] },
  {
    name: `Deno ${otherRuntimes.deno.version}`,
    binary: () => runtimeBinary('deno'),
    args: ['run', '--allow-all', '--no-check'],
  },
]

async function runIn({ name, binary, args }, env) {
  const file = await binary()
  const mine = { ...env, RUNTIME: `on ${name}`, PREFIX: name.replaceAll(' ', '-').toLowerCase() }
  const { run: report } = reporter('@ottla/client', mine.RUNTIME)
  const ended = await runProgram(file, [...args, 'smoke.mjs'], mine)
  await report('the process ends by itself', () => {
    expect(ended.code === 0, `ended with ${ended.code ?? ended.signal}: ${ended.errors.slice(0, 600)}`)
  })
  if (name.startsWith('Deno')) return
  const required = await runProgram(file, ['require.cjs'], mine)
  if (required.code !== 0) await report('require()', () => expect(false, required.errors.slice(0, 600)))
}

/** Ways in which TypeScript finds packages. */
const RESOLUTIONS = {
  node16: { module: 'node16', moduleResolution: 'node16' },
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
}

async function checkTypes(name, type) {
  const user = join(folder, `types-${name}-${type}`)
  mkdirSync(user)
  copyFileSync(here('types', 'consumer.ts'), join(user, 'consumer.ts'))
  writeFileSync(join(user, 'package.json'), JSON.stringify({ type }))
  const compilerOptions = {
    ...RESOLUTIONS[name],
    target: 'es2022',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
  }
  writeFileSync(join(user, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['consumer.ts'] }))
  const { code, stdout } = await command(tool('tsc'), ['-p', user])
  expect(code === 0, stdout.slice(0, 900))
}

let packed
try {
  packed = await packAndInstall()
} catch (error) {
  await run('is packed and installed', () => Promise.reject(error))
  process.exit(1)
}
await check('the tree of what is installed is as listed, without install scripts', () => checkTree())
await check('packages hold what they say, and nothing else', () => checkPackages(packed))
for (const each of ['@types/node', 'undici-types']) {
  if (existsSync(join(root, 'node_modules', each)))
    cpSync(join(root, 'node_modules', each), join(folder, 'node_modules', each), { recursive: true })
}
await Promise.all([
  ...Object.keys(RESOLUTIONS).map((name) => check(`types: ${name}, strict`, () => checkTypes(name, 'module'))),
  check('types: nodenext from CommonJS, strict', () => checkTypes('nodenext', 'commonjs')),
])
for (const file of ['smoke.mjs', 'require.cjs']) copyFileSync(here(file), join(folder, file))
const servers = await startServers()
const queue = runtimes.filter(({ name }) => matches(name))
const worker = async () => {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) await runIn(next, servers.env)
}
await Promise.all([worker(), worker()])
await servers.stop()
rmSync(folder, { recursive: true, force: true })
