/**
 * The package @ottla/client as it is published: one bundled module in place of the three hundred that it is compiled to, because loading those takes longer
 * than everything else up to the first record. In the workspace it stays in modules, so that tests and tools share them with each other.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.mjs'

const COPIED = ['LICENSE', 'README.md', 'dist', 'src']
const ENTRY = './bundle/index.js'

const manifestOf = (name) => JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'))

/** Writes the package into `folder`, which is emptied first. The packages have to be compiled. */
export async function stageClient(folder) {
  const { build } = await import('esbuild')
  const source = join(root, 'packages', 'client')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const path of COPIED) cpSync(join(source, path), join(folder, path), { recursive: true })
  await build({
    entryPoints: [join(source, 'dist', 'index.js')],
    outfile: join(folder, ENTRY),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'warning',
  })
  const manifest = manifestOf('client')
  const entry = { types: manifest.types, default: ENTRY }
  const staged = {
    ...manifest,
    main: ENTRY,
    exports: { ...manifest.exports, '.': entry },
    files: ['bundle', 'dist/**/*.d.ts', ...manifest.files.filter((path) => path !== 'dist')],
    // What is bundled looks for its optional parts from here.
    optionalDependencies: { ...manifestOf('protocol').optionalDependencies, ...manifest.optionalDependencies },
  }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(staged, null, 2)}\n`)
}

/** The packages of this repository that the client is made of. */
export function ownPackages(name, found = new Set()) {
  if (found.has(name)) return found
  found.add(name)
  const { dependencies = {} } = manifestOf(name)
  for (const each of Object.keys(dependencies)) {
    if (each.startsWith('@ottla/')) ownPackages(each.slice('@ottla/'.length), found)
  }
  return found
}
