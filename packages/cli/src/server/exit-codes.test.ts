import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { FileSystemError, NetworkError } from '@ottla/env'
import { LogError } from '@ottla/log'
import { MetadataError } from '@ottla/metadata'
import { EXIT, endingOf } from './exit-codes.ts'

const fileError = (code: string) => new FileSystemError(code, '/data/x', `${code}: no, '/data/x'`)

const failures: readonly (readonly [string, unknown, keyof typeof EXIT, RegExp])[] = [
  [
    'a port in use',
    new NetworkError('EADDRINUSE', 'localhost:9092 is taken'),
    'portInUse',
    /^localhost:9092 is taken\. Another/,
  ],
  ['a port of the system', new NetworkError('EACCES', 'localhost:80: no'), 'address', /above 1023/],
  ['a strange address', new NetworkError('EADDRNOTAVAIL', '192.0.2.1: no'), 'address', /host in listeners/],
  ['a locked folder', fileError('ELOCKED'), 'folderLocked', /Another process uses the data folder \/data\/x/],
  ['a full disk', fileError('ENOSPC'), 'diskFull', /^The disk is full: \/data\/x/],
  ['a read-only disk', fileError('EROFS'), 'folderUnwritable', /the file system is read-only/],
  ['a folder of somebody else', fileError('EACCES'), 'folderUnwritable', /this user may not do that/],
  ['a broken disk', fileError('EIO'), 'folderUnwritable', /EIO/],
  [
    'another node',
    new LogError('WRONG_FOLDER', '/data belongs to node 2'),
    'identityMismatch',
    /node\.id or log\.dirs/,
  ],
  [
    'another cluster',
    new MetadataError('IDENTITY_MISMATCH', '/data is of A'),
    'identityMismatch',
    /What the folder says holds/,
  ],
  ['damaged metadata', new MetadataError('CORRUPT', 'a hole'), 'corrupt', /^a hole$/],
  [
    'a damaged metadata log',
    new LogError('CORRUPT', '/data/a.log is damaged at 5'),
    'corrupt',
    /^\/data\/a\.log is damaged at 5\. Nothing/,
  ],
  [
    'a log without a cause',
    new LogError('OFFLINE', 'no data folder is left'),
    'folderUnwritable',
    /no data folder is left/,
  ],
]

for (const [name, error, row, says] of failures) {
  test(`${name} ends the start with ${EXIT[row].code} and a sentence`, () => {
    const ending = endingOf(error)
    equal(ending.row, EXIT[row])
    match(ending.message, says)
    equal(ending.message.includes('\n'), false)
  })
}

test('the cause of an error tells more than the error', () => {
  const full = new LogError('OFFLINE', 'opening /data', fileError('ENOSPC'))
  equal(endingOf(full).row, EXIT.diskFull)
  equal(endingOf(new LogError('WRONG_FOLDER', 'in use', fileError('ELOCKED'))).row, EXIT.folderLocked)
})

test('what has no row of its own keeps its stack', () => {
  const ending = endingOf(new TypeError('a bug'))
  equal(ending.row, EXIT.failed)
  match(ending.message, /TypeError: a bug\n\s+at /)
})

test('every way to end has its own number', () => {
  const codes = Object.values(EXIT).map(({ code }) => code)
  deepEqual([...new Set(codes)], codes)
})
