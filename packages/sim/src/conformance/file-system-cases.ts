import { type FileSystem, writeFileAtomic } from '@ottla/env'
import { assert } from '@ottla/stdx'
import { type ConformanceCase, failsWith, same } from './case.ts'

export interface FileSystemContext {
  readonly files: FileSystem
  /** An empty directory. */
  readonly root: string
}

type Case = ConformanceCase<FileSystemContext>

const text = (value: string): Buffer => Buffer.from(value)

const handles: Case[] = [
  {
    name: 'a created file is empty, and what is written can be read back, synchronously and not',
    run: async ({ files, root }) => {
      const handle = files.openSync(`${root}/f`, 'create')
      same(handle.sizeSync(), 0, 'size')
      same(handle.writevSync([text('ab'), text('cd')], 0), 4, 'written')
      same(await handle.writev([text('ef'), text(''), text('g')], 4), 3, 'written')
      const target = Buffer.alloc(10, 0x2e)
      same(handle.readSync(target, 1, 9, 0), 7, 'read')
      same(target.toString(), '.abcdefg..', 'bytes')
      same(await handle.read(target, 0, 3, 5), 2, 'read at the end')
      same(await handle.read(target, 0, 3, 7), 0, 'read behind the end')
      same(handle.readSync(target, 0, 3, 100), 0, 'read far behind the end')
      handle.closeSync()
      same((await files.readFile(`${root}/f`)).toString(), 'abcdefg', 'file')
      same(files.readFileSync(`${root}/f`).toString(), 'abcdefg', 'file')
    },
  },
  {
    name: 'opening for create keeps what is there; r and r+ need the file; r cannot write',
    run: async ({ files, root }) => {
      await failsWith('ENOENT', () => files.openSync(`${root}/f`, 'r'))
      await failsWith('ENOENT', () => files.openSync(`${root}/f`, 'r+'))
      await files.writeFile(`${root}/f`, text('abc'))
      const create = files.openSync(`${root}/f`, 'create')
      same(create.sizeSync(), 3, 'size')
      create.closeSync()
      const update = files.openSync(`${root}/f`, 'r+')
      update.writevSync([text('X')], 1)
      update.closeSync()
      const read = files.openSync(`${root}/f`, 'r')
      await failsWith('EBADF', () => read.writevSync([text('Y')], 0))
      await failsWith('EBADF', () => read.writev([text('Y')], 0))
      read.closeSync()
      same(files.readFileSync(`${root}/f`).toString(), 'aXc', 'file')
    },
  },
  {
    name: 'a write behind the end leaves zeros between, truncating cuts and extends with zeros',
    run: async ({ files, root }) => {
      const handle = files.openSync(`${root}/f`, 'create')
      handle.writevSync([text('ab')], 4)
      handle.truncateSync(5)
      handle.truncateSync(7)
      handle.closeSync()
      same([...files.readFileSync(`${root}/f`)], [0, 0, 0, 0, 97, 0, 0], 'bytes')
    },
  },
  {
    name: 'more buffers than one system call takes are written in order',
    run: async ({ files, root }) => {
      const buffers = Array.from({ length: 3000 }, (_, index) => text(`${index},`))
      const all = Buffer.concat(buffers)
      const handle = files.openSync(`${root}/f`, 'create')
      same(handle.writevSync(buffers, 0), all.length, 'written')
      same(await handle.writev(buffers, all.length), all.length, 'written')
      await handle.dataSync()
      handle.closeSync()
      assert(files.readFileSync(`${root}/f`).equals(Buffer.concat([all, all])), 'the bytes are in order')
    },
  },
  {
    name: 'closing while operations are under way lets them finish on the same file',
    run: async ({ files, root }) => {
      const handle = files.openSync(`${root}/f`, 'create')
      const write = handle.writev([text('abc')], 0)
      const sync = handle.dataSync()
      handle.closeSync()
      same(await write, 3, 'written')
      await sync
      same(files.readFileSync(`${root}/f`).toString(), 'abc', 'file')
    },
  },
  {
    name: 'an open file stays readable when its name is gone or names another file',
    run: async ({ files, root }) => {
      await files.writeFile(`${root}/f`, text('old'))
      const handle = files.openSync(`${root}/f`, 'r')
      await files.writeFile(`${root}/g`, text('new'))
      await files.rename(`${root}/g`, `${root}/f`)
      const target = Buffer.alloc(3)
      same(handle.readSync(target, 0, 3, 0), 3, 'read')
      same(target.toString(), 'old', 'the file that was opened')
      await files.unlink(`${root}/f`)
      same(handle.readSync(target, 0, 3, 0), 3, 'read')
      handle.closeSync()
    },
  },
]

const names: Case[] = [
  {
    name: 'names are listed in order with what they are',
    run: async ({ files, root }) => {
      await files.makeDirectory(`${root}/b/c`)
      await files.writeFile(`${root}/a`, text(''))
      files.makeDirectorySync(`${root}/0`)
      files.makeDirectorySync(`${root}/0`)
      const expected = [
        { name: '0', isDirectory: true },
        { name: 'a', isDirectory: false },
        { name: 'b', isDirectory: true },
      ]
      same(await files.list(root), expected, 'list')
      same(files.listSync(root), expected, 'listSync')
      same(await files.list(`${root}/b`), [{ name: 'c', isDirectory: true }], 'list')
      await failsWith('ENOENT', () => files.list(`${root}/none`))
      await failsWith('ENOTDIR', () => files.listSync(`${root}/a`))
      await files.syncDirectory(root)
      await failsWith('ENOENT', () => files.syncDirectory(`${root}/none`))
    },
  },
  {
    name: 'stat gives size and kind, and null for what is not there',
    run: async ({ files, root }) => {
      await files.writeFile(`${root}/f`, text('abc'))
      const stat = await files.stat(`${root}/f`)
      same([stat?.sizeBytes, stat?.isDirectory], [3, false], 'stat')
      assert(Number.isInteger(stat?.modifiedMs) && (stat?.modifiedMs ?? 0) > 1e12, 'time of modification')
      same(files.statSync(root)?.isDirectory, true, 'statSync')
      same(await files.stat(`${root}/none`), null, 'missing')
      same(files.statSync(`${root}/f/under`), null, 'under a file')
    },
  },
  {
    name: 'rename replaces a file, and fails when there is nothing to rename',
    run: async ({ files, root }) => {
      await files.makeDirectory(`${root}/d`)
      await files.writeFile(`${root}/a`, text('a'))
      await files.writeFile(`${root}/d/b`, text('b'))
      await files.rename(`${root}/a`, `${root}/d/b`)
      same(files.readFileSync(`${root}/d/b`).toString(), 'a', 'file')
      same(await files.stat(`${root}/a`), null, 'old name')
      files.renameSync(`${root}/d`, `${root}/e`)
      same(files.readFileSync(`${root}/e/b`).toString(), 'a', 'file in the renamed directory')
      await failsWith('ENOENT', () => files.rename(`${root}/none`, `${root}/x`))
      await failsWith('ENOENT', () => files.renameSync(`${root}/none`, `${root}/x`))
    },
  },
  {
    name: 'what is missing, or is of the wrong kind, fails with its code',
    run: async ({ files, root }) => {
      await files.writeFile(`${root}/f`, text(''))
      await files.makeDirectory(`${root}/d`)
      await failsWith('ENOENT', () => files.readFile(`${root}/none`))
      await failsWith('ENOENT', () => files.readFileSync(`${root}/none`))
      await failsWith('ENOENT', () => files.unlink(`${root}/none`))
      await failsWith('ENOENT', () => files.writeFile(`${root}/none/f`, text('')))
      await failsWith('ENOENT', () => files.openSync(`${root}/none/f`, 'create'))
      await failsWith('ENOTDIR', () => files.openSync(`${root}/f/g`, 'create'))
      await failsWith('EISDIR', () => files.openSync(`${root}/d`, 'create'))
      await failsWith('EISDIR', () => files.readFile(`${root}/d`))
      await failsWith('EEXIST', () => files.makeDirectory(`${root}/f`))
    },
  },
  {
    name: 'removing a directory takes all it holds, and a missing one is no error',
    run: async ({ files, root }) => {
      await files.makeDirectory(`${root}/d/e/f`)
      await files.writeFile(`${root}/d/e/g`, text('x'))
      await files.removeDirectory(`${root}/d`)
      await files.removeDirectory(`${root}/d`)
      same(await files.list(root), [], 'list')
    },
  },
  {
    name: 'an atomic write replaces the file and leaves nothing else behind',
    run: async ({ files, root }) => {
      await writeFileAtomic(files, `${root}/f`, text('a longer first content'))
      await writeFileAtomic(files, `${root}/f`, text('second'))
      same(files.readFileSync(`${root}/f`).toString(), 'second', 'file')
      await writeFileAtomic(files, `${root}/empty`, text(''))
      same(
        files.listSync(root).map(({ name }) => name),
        ['empty', 'f'],
        'list',
      )
    },
  },
  {
    name: 'a data folder is locked once, until it is released',
    run: async ({ files, root }) => {
      await files.makeDirectory(`${root}/other`)
      const lock = await files.lockDirectory(root)
      await failsWith('ELOCKED', () => files.lockDirectory(root))
      const other = await files.lockDirectory(`${root}/other`)
      await lock.release()
      const again = await files.lockDirectory(root)
      await again.release()
      await other.release()
      await failsWith('ENOENT', () => files.lockDirectory(`${root}/none`))
    },
  },
  {
    name: 'the volume has room and says how much',
    run: async ({ files, root }) => {
      const { totalBytes, usableBytes } = await files.volume(root)
      assert(totalBytes > 0 && usableBytes >= 0 && usableBytes <= totalBytes, `${usableBytes} of ${totalBytes}`)
    },
  },
]

export const fileSystemCases: readonly Case[] = [...handles, ...names]
