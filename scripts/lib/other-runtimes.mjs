/**
 * Bun and Deno, fetched on demand into .cache/runtimes. Their platform packages hold the binaries and need no install script, which the packages
 * `bun` and `deno` do.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fail, root, say } from './workspace.mjs'

const cpu = { x64: 'x64', arm64: 'aarch64' }[process.arch]

/** Exact versions, so that two runs test the same thing. */
export const otherRuntimes = {
  bun: { version: '1.4.5', package: `@oven/bun-${process.platform}-${cpu}`, binary: join('bin', 'bun') },
  deno: {
    version: '2.9.6',
    package: `@deno/${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`,
    binary: 'deno',
  },
}

/** Where the binary is, or will be. */
export function runtimePath(name) {
  const { version, package: from, binary } = otherRuntimes[name]
  return join(root, '.cache', 'runtimes', `${name}-${version}`, 'node_modules', from, binary)
}

/** Path of the binary, fetched when it is missing. */
export function runtimeBinary(name) {
  const { version, package: from } = otherRuntimes[name]
  const binary = runtimePath(name)
  if (existsSync(binary)) return binary
  say(`fetching ${name} ${version} into .cache`)
  const folder = join(root, '.cache', 'runtimes', `${name}-${version}`)
  mkdirSync(folder, { recursive: true })
  const args = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
  const result = spawnSync('npm', [...args, `${from}@${version}`], { stdio: 'inherit' })
  if (result.status !== 0 || !existsSync(binary)) fail(`${name} ${version} could not be fetched`)
  return binary
}
