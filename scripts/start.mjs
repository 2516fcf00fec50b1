/**
 * npm start: a broker on localhost:9092 with its data in data/. Installs and bundles first when something is missing or
 * a source is newer, and says so. npm start -- FILE [--override key=value]… runs with other settings.
 */
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { ensureBuilt } from './lib/bundle.mjs'
import { serverEnvironment } from './lib/server-environment.mjs'
import { root, say } from './lib/workspace.mjs'

await ensureBuilt({ refresh: true })

const args = process.argv.slice(2)
const isFileGiven = args.length > 0 && !args[0].startsWith('-')
// npm runs this in the repository; a file that was named counts from where npm was called.
const callersFolder = process.env.INIT_CWD ?? process.cwd()
const settings = isFileGiven
  ? [resolve(callersFolder, args[0]), ...args.slice(1)]
  : [join(root, 'config', 'server.properties'), ...args]

// Data folders of the file are relative to where the broker is started: here, the repository.
const child = spawn(process.execPath, [join(root, 'build', 'server.cjs'), ...settings], {
  cwd: root,
  env: serverEnvironment,
  stdio: 'inherit',
})
// Ctrl-C reaches the broker by itself, since it is of the same process group; it needs time to stop.
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => {
  say(`the broker could not be started: ${error.message}`)
  process.exit(1)
})
child.on('exit', (code, signal) => {
  process.exit(signal === null ? code : 1)
})
