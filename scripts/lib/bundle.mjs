/**
 * Bundles the server and the tools into build/, one file each, straight from the TypeScript sources: loading hundreds of modules
 * would cost more start time than everything else together. They are CommonJS inside, because only that runs from a code cache
 * on every Node; what is imported dynamically is in the file, and evaluated when it is needed.
 *
 *     build/server.cjs               the entry, which loads the bundle
 *     build/server.body.cjs          the bundle, a function of what a module is given
 *     build/server.body.cjs.*.cache  code that V8 compiled of it
 */
import { createHash } from 'node:crypto'
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
  ottla: 'packages/cli/src/ottla/main.ts',
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
  yield 'scripts/lib/cached-loader.cjs'
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
  const write = (name, text) => {
    writeFileSync(join(build, name), text)
    outputs.add(name)
  }
  const loader = readText('scripts/lib/cached-loader.cjs')
  for (const [name, entry] of Object.entries(entries)) {
    const body = `${name}.body.cjs`
    const { metafile, outputFiles } = await run({
      absWorkingDir: root,
      entryPoints: [entry],
      outfile: join(build, body),
      bundle: true,
      minify: true,
      legalComments: 'none',
      charset: 'ascii',
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      define: { 'import.meta.url': '__moduleUrl' },
      banner: { js: 'const __moduleUrl=require("node:url").pathToFileURL(__filename).href;' },
      write: false,
      metafile: true,
      logLevel: 'warning',
      plugins: [workspacePackages],
    })
    // The wrapper is in the file, so that the loader hands it over as it read it: text put around it would be a second copy for good.
    const text = `(function(exports,require,module,__filename,__dirname){${outputFiles[0].text}\n})`
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 16)
    write(body, text)
    write(`${name}.cjs`, loader.replaceAll('__BODY__', body).replaceAll('__HASH__', hash))
    write(`${name}.meta.json`, JSON.stringify(metafile))
  }
  write('.stamp', `${startedAt.toISOString()}\n`)
  // A source that changed while this ran is newer than the build.
  utimesSync(stamp, startedAt, startedAt)
  for (const path of readdirSync(build)) if (!outputs.has(path)) rmSync(join(build, path), { recursive: true })
}
