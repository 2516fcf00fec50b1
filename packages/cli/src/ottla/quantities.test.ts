import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import {
  durationMs,
  formatBytes,
  formatCount,
  formatDuration,
  momentMs,
  plural,
  readableSetting,
} from './quantities.ts'

test('times are read as people write them', () => {
  const cases: [string, number | null][] = [
    ['500ms', 500],
    ['10', 10_000],
    ['1.5s', 1500],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['', null],
    ['5x', null],
    ['m5', null],
  ]
  for (const [text, ms] of cases) equal(durationMs(text), ms, text)
})

test('a moment is a number, a date, or so long ago', () => {
  const now = 1_700_000_000_000
  const cases: [string, number | null][] = [
    ['now', now],
    ['1600000000000', 1_600_000_000_000],
    ['1h', now - 3_600_000],
    ['-1h', now - 3_600_000],
    ['2026-01-31', Date.UTC(2026, 0, 31)],
    ['2026-01-31T12:00:00Z', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31 12:00:00Z', Date.UTC(2026, 0, 31, 12)],
    ['soon', null],
    ['12', null],
  ]
  for (const [text, ms] of cases) equal(momentMs(text, now), ms, text)
})

test('amounts are written for people', () => {
  equal(formatBytes(0), '0 B')
  equal(formatBytes(1536), '1.50 KiB')
  equal(formatBytes(68 * 2 ** 30), '68.0 GiB')
  equal(formatCount(1234567), '1,234,567')
  equal(formatCount(-12), '-12')
  equal(formatDuration(0.5), '0.50 ms')
  equal(formatDuration(350), '350 ms')
  equal(formatDuration(12_300), '12.3 s')
  equal(formatDuration(250_000), '4m 10s')
  equal(formatDuration(7_500_000), '2h 5m')
  equal(formatDuration(273_600_000), '3d 4h')
  equal(plural(1, 'topic'), '1 topic')
  equal(plural(2000, 'topic'), '2,000 topics')
})

test('a setting says what its number means', () => {
  equal(readableSetting('retention.ms', '604800000'), '604800000 (7d)')
  equal(readableSetting('retention.ms', '-1'), '-1 (no limit)')
  equal(readableSetting('flush.ms', '9223372036854775807'), '9223372036854775807 (for ever)')
  equal(readableSetting('segment.bytes', '1073741824'), '1073741824 (1.00 GiB)')
  equal(readableSetting('min.insync.replicas', '1'), '1')
  equal(readableSetting('cleanup.policy', 'compact'), 'compact')
  equal(readableSetting('retention.ms', null), null)
})
