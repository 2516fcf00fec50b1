/**
 * npm run docs:api             writes docs/api/ from the doc comments of what the client exports
 * npm run docs:api -- --check  fails when docs/api/ is not what it would write
 * Its tools live in scripts/api-reference/, apart from the workspace: they bring a compiler of their own.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { compile, ensureInstalled, fail, filesBelow, root, run, say } from './lib/workspace.mjs'

const tools = join(root, 'scripts', 'api-reference')
const target = join('docs', 'api')

ensureInstalled()
// Types of other packages are read from what they are compiled to.
compile(['client'])
const installed = join(tools, 'node_modules', '.package-lock.json')
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(join(tools, 'package-lock.json')).mtimeMs) {
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: tools })
}

const made = mkdtempSync(join(tmpdir(), 'ottla-api-'))
try {
  const typedoc = join(tools, 'node_modules', 'typedoc', 'bin', 'typedoc')
  const { status } = spawnSync(process.execPath, [typedoc, '--options', join(tools, 'typedoc.json'), '--out', made], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) fail('The API reference could not be made.')
  if (process.argv.includes('--check')) check()
  else {
    rmSync(join(root, target), { recursive: true, force: true })
    cpSync(made, join(root, target), { recursive: true })
    say(`wrote ${target}`)
  }
} finally {
  rmSync(made, { recursive: true })
}

function check() {
  const pages = (folder) => new Set([...filesBelow(folder)].map((path) => relative(folder, path)))
  const fresh = pages(relative(root, made))
  const old = pages(target)
  const differs = [...new Set([...fresh, ...old])].filter(
    (page) =>
      !fresh.has(page) ||
      !old.has(page) ||
      !readFileSync(join(made, page)).equals(readFileSync(join(root, target, page))),
  )
  if (differs.length > 0) fail(`${target} is out of date (npm run docs:api): ${differs.join(', ')}`)
  say(`${target} is up to date: ${fresh.size} pages`)
}
