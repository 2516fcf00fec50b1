import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { FileSystemError, NetworkError } from '@ottla/env'
import { LogError } from '@ottla/log'
import { MetadataError } from '@ottla/metadata'
import { EXIT, endingOf } from './exit-codes.ts'
import { parseServerArguments } from './server-arguments.ts'

test('every way to end has a code of its own', () => {
  const codes = Object.values(EXIT).map(({ code }) => code)
  equal(new Set(codes).size, codes.length)
})

test('an error of the start becomes its row and one sentence', () => {
  const file = (code: string) => new FileSystemError(code, '/data', code)
  const cases: [unknown, number, RegExp][] = [
    [new NetworkError('EADDRINUSE', 'localhost:9092 is in use'), EXIT.portInUse.code, /9092/],
    [new NetworkError('EADDRNOTAVAIL', 'no such address'), EXIT.address.code, /listeners/],
    [new LogError('WRONG_FOLDER', 'in use', file('ELOCKED')), EXIT.folderLocked.code, /\/data/],
    [file('ENOSPC'), EXIT.diskFull.code, /disk is full/],
    [new LogError('OFFLINE', 'no', file('EROFS')), EXIT.folderUnwritable.code, /read-only/],
    [new LogError('WRONG_FOLDER', '/data belongs to node 2, this is 1'), EXIT.identityMismatch.code, /node 2/],
    [new MetadataError('IDENTITY_MISMATCH', 'node 2'), EXIT.identityMismatch.code, /node 2/],
    [new MetadataError('CORRUPT', 'damaged'), EXIT.corrupt.code, /damaged/],
    [new Error('surprise'), EXIT.failed.code, /surprise/],
  ]
  for (const [error, code, sentence] of cases) {
    const ending = endingOf(error)
    equal(ending.row.code, code)
    match(ending.message, sentence)
  }
})

test('the command line is a file and overrides', () => {
  deepEqual(parseServerArguments(['f', '--override', 'a=b', '--override=c=d=e']), {
    file: 'f',
    overrides: [
      ['a', 'b'],
      ['c', 'd=e'],
    ],
  })
  for (const argv of [
    [],
    ['--override', 'a=b'],
    ['f', 'g'],
    ['f', '--override', 'a'],
    ['f', '--bogus'],
    ['f', '--override'],
  ]) {
    equal(parseServerArguments(argv), null, argv.join(' '))
  }
})
