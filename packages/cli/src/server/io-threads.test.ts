import { equal } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { keepThreadsForReads } from './io-threads.ts'

const SYNCS = 4
const NAME = 'UV_THREADPOOL_SIZE'
const NO_PIPES = { skip: process.platform === 'win32' && 'no pipes in folders' }

/** Holds a thread for each sync (opening a pipe that nobody writes to waits there), and reads a file meanwhile. */
const PROGRAM = `
  const { open, readFile } = require('node:fs')
  for (let i = 0; i < ${SYNCS}; i++) open('pipe', 'r', () => {})
  readFile('file', 'utf8', (error, text) => {
    console.log(text)
    process.kill(process.pid, 'SIGKILL')
  })
`

test('a read is served while all syncs that may run wait for the disk', NO_PIPES, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-threads-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  execFileSync('mkfifo', [join(folder, 'pipe')])
  writeFileSync(join(folder, 'file'), 'read')
  equal(outputOf(folder, { ...process.env, [NAME]: chosenFor(SYNCS) }), 'read\n')
})

test('what the environment says of the threads stays', () => {
  equal(chosenFor(SYNCS, '2'), '2')
  equal(chosenFor(1024), '1024')
})

function chosenFor(syncs: number, before?: string): string {
  const kept = process.env[NAME]
  try {
    if (before === undefined) delete process.env[NAME]
    else process.env[NAME] = before
    keepThreadsForReads(syncs)
    return process.env[NAME] ?? ''
  } finally {
    if (kept === undefined) delete process.env[NAME]
    else process.env[NAME] = kept
  }
}

/** Of a process that ends itself, or is ended when nothing comes. */
function outputOf(folder: string, env: NodeJS.ProcessEnv): string {
  const options = { cwd: folder, env, timeout: 60_000, killSignal: 'SIGKILL', encoding: 'utf8' } as const
  try {
    return execFileSync(process.execPath, ['-e', PROGRAM], options)
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}
