import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock, Logger } from '@ottla/env'
import { LogError } from '../log-error.ts'
import { WriteTrouble } from './write-trouble.ts'

function troubled() {
  const told: string[] = []
  const time = { ms: 0 }
  const tell = (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    told.push(`${time.ms} ${message} ${String(fields?.['refused'])}`)
  }
  const clock = { monotonic: () => time.ms } as Clock
  const logger = { error: tell, info: tell } as unknown as Logger
  const trouble = new WriteTrouble({ clock, logger })
  const full = new LogError('WRITE_FAILED', 'no space left')
  return { told, time, trouble, fail: () => trouble.failed('events-0', 1, full) }
}

test('a full disk is told at once, again while it goes on, and when it is over', () => {
  const { told, time, trouble, fail } = troubled()
  for (; time.ms < 40_000; time.ms += 1000) fail()
  time.ms = 43_999
  trouble.succeeded()
  time.ms = 44_000
  trouble.succeeded()
  trouble.succeeded()
  deepEqual(told, [
    '0 Writes fail and are refused 1',
    '30000 Writes fail and are refused 31',
    '44000 Writes work again 40',
  ])
})

test('a write that passes while others fail is not the end', () => {
  const { told, time, trouble, fail } = troubled()
  for (; time.ms < 10_000; time.ms += 1000) {
    fail()
    trouble.succeeded()
  }
  deepEqual(told, ['0 Writes fail and are refused 1'])
})

test('nothing is said as long as nothing fails', () => {
  const { told, trouble } = troubled()
  trouble.succeeded()
  deepEqual(told, [])
})
