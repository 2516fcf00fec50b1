/**
 * What every script shares: where the repository is, and how to bring it to the state that a command needs.
 * Install scripts are off, so npm runs no pre- and post-scripts either: each npm script is one file here, sets up what
 * is missing, and says so.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Names of the packages, e.g. 'stdx', in the order of the file system. */
export function packageNames() {
  return readdirSync(join(root, 'packages')).filter((name) => existsSync(join(root, 'packages', name, 'package.json')))
}

/** Runs a command of the repository with its output passed through; ends this process when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (result.error) fail(`${command} could not be started: ${result.error.message}`)
  if (result.status !== 0) process.exit(result.status ?? 1)
}

export function fail(message) {
  console.error(message)
  process.exit(1)
}

export function say(message) {
  console.log(`ottla: ${message}`)
}

/** Installs the dependencies when they are missing or older than the lock file. */
export function ensureInstalled() {
  const installed = join(root, 'node_modules', '.package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs) return
  say('installing dependencies (npm ci)')
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
}

/** Path of an executable that the development dependencies brought. */
export function tool(name) {
  return join(root, 'node_modules', '.bin', name)
}

/** All files below a folder, as paths relative to the repository, without node_modules and build outputs. */
export function* filesBelow(folder, skip = new Set(['node_modules', 'dist', 'build', '.cache', '.git'])) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (skip.has(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path, skip)
    else yield path
  }
}

/**
 * Removes compiled files whose source is gone: the compiler leaves them behind, and a test that was deleted would go on
 * running.
 */
export function removeStaleOutputs() {
  for (const name of packageNames()) {
    const dist = join('packages', name, 'dist')
    if (!existsSync(join(root, dist))) continue
    for (const file of filesBelow(dist, new Set())) {
      const match = /^(.*?)(\.js|\.js\.map|\.d\.ts)$/.exec(relative(dist, file))
      if (match === null) continue
      if (!existsSync(join(root, 'packages', name, 'src', `${match[1]}.ts`))) rmSync(join(root, file))
    }
  }
}

/** The name that stands beside those of the packages for the folder of examples. */
export const EXAMPLES = 'examples'

/** Compiles the given packages with their tests, and the examples (all of them when none is given). */
export function compile(names = [...packageNames(), EXAMPLES]) {
  const projects = names.flatMap((name) =>
    name === EXAMPLES ? [EXAMPLES] : [`packages/${name}`, `packages/${name}/tsconfig.test.json`],
  )
  run(tool('tsc'), ['-b', ...projects])
}

/** Compiled test files of the packages and the examples, whose path contains `filter`. */
export function testFiles(names = [...packageNames(), EXAMPLES], filter = '') {
  const files = []
  for (const name of names) {
    const dist = name === EXAMPLES ? join(EXAMPLES, 'dist') : join('packages', name, 'dist')
    if (!existsSync(join(root, dist))) continue
    for (const file of filesBelow(dist, new Set())) {
      if (file.endsWith('.test.js') && file.includes(filter)) files.push(file)
    }
  }
  return files.sort()
}

export function readText(path) {
  return readFileSync(join(root, path), 'utf8')
}
