import fs from 'node:fs'
import type { DirectoryEntry, FileHandle, FileStat, FileSystem, OpenMode } from '../file-system.ts'
import { lockDirectory } from './directory-lock.ts'
import { async, sync } from './file-system-error.ts'
import { NodeFileHandle } from './node-file-handle.ts'

const FLAGS: Readonly<Record<OpenMode, number>> = {
  r: fs.constants.O_RDONLY,
  'r+': fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT,
}

/** The machine's files. Asynchronous calls run in libuv's thread pool. */
export const nodeFileSystem: FileSystem = {
  openSync: (path, mode): FileHandle =>
    new NodeFileHandle(
      path,
      sync(path, () => fs.openSync(path, FLAGS[mode], 0o644)),
    ),
  readFile: (path) => async<Buffer>(path, (done) => fs.readFile(path, done)),
  readFileSync: (path) => sync(path, () => fs.readFileSync(path)),
  writeFile: (path, data) => async<void>(path, (done) => fs.writeFile(path, data, done)),
  rename: (from, to) => async<void>(from, (done) => fs.rename(from, to, done)),
  renameSync: (from, to) => sync(from, () => fs.renameSync(from, to)),
  unlink: (path) => async<void>(path, (done) => fs.unlink(path, done)),
  list: async (path) =>
    entries(await async<fs.Dirent[]>(path, (done) => fs.readdir(path, { withFileTypes: true }, done))),
  listSync: (path) => entries(sync(path, () => fs.readdirSync(path, { withFileTypes: true }))),
  makeDirectory: async (path) => {
    await async<string | undefined>(path, (done) => fs.mkdir(path, { recursive: true }, done))
  },
  makeDirectorySync: (path) => {
    sync(path, () => fs.mkdirSync(path, { recursive: true }))
  },
  removeDirectory: (path) => async<void>(path, (done) => fs.rm(path, { recursive: true, force: true }, done)),
  syncDirectory,
  stat: async (path) => {
    try {
      return fileStat(await async<fs.Stats>(path, (done) => fs.stat(path, done)))
    } catch (error) {
      return nullWhenMissing(error)
    }
  },
  statSync: (path) => {
    try {
      return fileStat(sync(path, () => fs.statSync(path)))
    } catch (error) {
      return nullWhenMissing(error)
    }
  },
  volume: async (path) => {
    const { blocks, bavail, bsize } = await async<fs.StatsFs>(path, (done) => fs.statfs(path, done))
    return { totalBytes: blocks * bsize, usableBytes: bavail * bsize }
  },
  lockDirectory,
}

async function syncDirectory(path: string): Promise<void> {
  // Windows opens no directories; NTFS journals its names itself.
  if (process.platform === 'win32') return
  const descriptor = await async<number>(path, (done) => fs.open(path, fs.constants.O_RDONLY, done))
  try {
    await async<void>(path, (done) => fs.fsync(descriptor, done))
  } finally {
    fs.close(descriptor, () => {})
  }
}

function entries(dirents: readonly fs.Dirent[]): DirectoryEntry[] {
  return dirents
    .map((dirent) => ({ name: dirent.name, isDirectory: dirent.isDirectory() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function fileStat(stats: fs.Stats): FileStat {
  return { sizeBytes: stats.size, modifiedMs: Math.floor(stats.mtimeMs), isDirectory: stats.isDirectory() }
}

function nullWhenMissing(error: unknown): null {
  const { code } = error as { code?: string }
  if (code === 'ENOENT' || code === 'ENOTDIR') return null
  throw error
}
