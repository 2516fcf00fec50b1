/**
 * A lock as a file with the process id and start time of its holder. A lock whose holder is gone (no such process, or
 * one that started at another time) is stale and is taken over.
 *
 * Taking it is linking a file that is written already: link fails when the name exists, and nobody sees a half-written lock.
 * A stale one is first renamed to a name of one's own. Two processes may do that one after the other: the second may have
 * moved the fresh lock of the first, sees another holder in it than the stale one, and links it back.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import { FileSystemError } from '../file-system.ts'
import { sync } from './file-system-error.ts'

const LOCK_NAME = '.ottla-lock'
const ATTEMPTS = 10

export async function lockByFile(directory: string): Promise<{ release(): Promise<void> }> {
  const path = join(directory, LOCK_NAME)
  const own = `${path}.${process.pid}`
  const holder = holderText(process.pid)
  sync(own, () => fs.writeFileSync(own, holder))
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (linked(own, path)) return { release: async () => removeIfHeldBy(path, holder) }
      const found = readIfThere(path)
      if (found === null) continue
      if (isAlive(found)) break
      takeAway(path, found)
    }
    throw new FileSystemError('ELOCKED', directory, `${directory} is in use by another process (lock file ${path})`)
  } finally {
    fs.rmSync(own, { force: true })
  }
}

function linked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function takeAway(path: string, stale: string): void {
  const aside = `${path}.${process.pid}.stale`
  try {
    fs.renameSync(path, aside)
  } catch {
    return
  }
  if (readIfThere(aside) !== stale) linked(aside, path)
  fs.rmSync(aside, { force: true })
}

function removeIfHeldBy(path: string, holder: string): void {
  if (readIfThere(path) === holder) fs.rmSync(path, { force: true })
}

function readIfThere(path: string): string | null {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function holderText(pid: number): string {
  return `${pid}\n${startTimeOf(pid) ?? ''}\n`
}

function isAlive(holder: string): boolean {
  const [pidText = '', startTime = ''] = holder.split('\n')
  const pid = Number(pidText)
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = startTimeOf(pid)
  return now === null || startTime === '' || now === startTime
}

/** When the process started, in whatever form the system gives it; null where it gives none. */
function startTimeOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
    }
    if (process.platform === 'win32') return null
    const { execFileSync } = process.getBuiltinModule('node:child_process')
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null
  } catch {
    return null
  }
}
