/**
 * Bundles the server and the tools into build/, straight from the TypeScript sources: loading hundreds of modules would cost
 * more start time than everything else together. Dynamic imports become chunks, so that a rare command costs the others nothing.
 */
import { mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled, filesBelow, readText, root, say } from './workspace.mjs'

const build = join(root, 'build')
/** Written last: a build that was cut off counts as none. */
const stamp = join(build, '.stamp')

/** Entries by the name of their file in build/. */
const entries = {
  server: 'packages/cli/src/server/main.ts',
  tools: 'packages/cli/src/main.ts',
}

/** Sources of the bundle: what a newer one of makes the build stale. */
function* sources() {
  for (const name of readdirSync(join(root, 'packages'))) {
    const folder = join('packages', name, 'src')
    try {
      statSync(join(root, folder))
    } catch {
      continue
    }
    for (const path of filesBelow(folder)) if (path.endsWith('.ts') && !path.endsWith('.test.ts')) yield path
  }
  yield 'package-lock.json'
  yield 'scripts/lib/bundle.mjs'
}

/** 'missing', 'stale' or 'current'. */
export function buildState() {
  let builtAt
  try {
    builtAt = statSync(stamp).mtimeMs
  } catch {
    return 'missing'
  }
  for (const path of sources()) if (statSync(join(root, path)).mtimeMs > builtAt) return 'stale'
  return 'current'
}

/** Names of our packages lead to their sources. */
const workspacePackages = {
  name: 'workspace-packages',
  setup({ onResolve }) {
    onResolve({ filter: /^@ottla\// }, ({ path }) => {
      const [, name, ...rest] = path.split('/')
      const { exports } = JSON.parse(readText(join('packages', name, 'package.json')))
      const target = exports[rest.length === 0 ? '.' : `./${rest.join('/')}`]
      if (target === undefined) return { errors: [{ text: `${path} is not exported` }] }
      const source = target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')
      return { path: join(root, 'packages', name, source) }
    })
  },
}

/** Bundles when there is no build, and with `refresh` also when a source is newer than it; says so. */
export async function ensureBuilt({ refresh = false } = {}) {
  const state = buildState()
  if (state === 'current' || (state === 'stale' && !refresh)) return
  ensureInstalled()
  say(state === 'missing' ? 'bundling server and tools into build/, once' : 'bundling again: sources have changed')
  await bundle()
}

export async function bundle() {
  const { build: run } = await import('esbuild')
  const startedAt = new Date()
  mkdirSync(build, { recursive: true })
  const outputs = new Set()
  for (const [name, entry] of Object.entries(entries)) {
    const { metafile } = await run({
      absWorkingDir: root,
      entryPoints: { [name]: entry },
      outdir: build,
      outExtension: { '.js': '.mjs' },
      chunkNames: `${name}-[name]-[hash]`,
      bundle: true,
      splitting: true,
      minify: true,
      keepNames: false,
      legalComments: 'none',
      platform: 'node',
      target: 'node20',
      format: 'esm',
      metafile: true,
      logLevel: 'warning',
      plugins: [workspacePackages],
      banner: { js: commonJsInModule },
    })
    for (const path of Object.keys(metafile.outputs)) outputs.add(path.slice('build/'.length))
    writeFileSync(join(build, `${name}.meta.json`), JSON.stringify(metafile))
    outputs.add(`${name}.meta.json`)
  }
  writeFileSync(stamp, `${startedAt.toISOString()}\n`)
  // A source that changed while this ran is newer than the build.
  utimesSync(stamp, startedAt, startedAt)
  outputs.add('.stamp')
  for (const path of readdirSync(build)) if (!outputs.has(path)) rmSync(join(build, path), { recursive: true })
}

/** Dependencies in CommonJS ask for Node's modules by require. */
const commonJsInModule = "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);"
