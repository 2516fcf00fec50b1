/**
 * One process per data folder. On Linux the lock is an abstract Unix socket named by the folder's device and inode: the kernel
 * frees it with the process, kill -9 included, and no file is left behind. It holds within one network namespace; two containers
 * that share a folder do not see each other's. Elsewhere it is a lock file.
 */
import fs from 'node:fs'
import net from 'node:net'
import { FileSystemError } from '../file-system.ts'
import { async } from './file-system-error.ts'
import { lockByFile } from './lock-file.ts'

export interface DirectoryLock {
  release(): Promise<void>
}

export async function lockDirectory(path: string): Promise<DirectoryLock> {
  return process.platform === 'linux' ? lockBySocket(path) : lockByFile(path)
}

async function lockBySocket(path: string): Promise<DirectoryLock> {
  const { dev, ino } = await async<fs.BigIntStats>(path, (done) => fs.stat(path, { bigint: true }, done))
  const server = net.createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') reject(error)
      else reject(new FileSystemError('ELOCKED', path, `${path} is in use by another process`, error))
    })
    server.listen(`\0ottla-data-folder-${dev}-${ino}`, resolve)
  })
  server.unref()
  return { release: () => new Promise((resolve) => server.close(() => resolve())) }
}
