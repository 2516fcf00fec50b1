import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { javaDateFormat } from './java-date-format.ts'
import { javaDouble, javaFixed } from './java-format.ts'

test('numbers are rounded half up as they are written, like those of Java', () => {
  deepEqual(
    [javaFixed(1.005, 2), javaFixed(0.125, 2), javaFixed(9.996, 2), javaFixed(-2.5, 0), javaFixed(7, 1)],
    ['1.01', '0.13', '10.00', '-3', '7.0'],
  )
  deepEqual([javaFixed(Number.NaN, 4), javaFixed(Number.POSITIVE_INFINITY, 4)], ['NaN', 'Infinity'])
  deepEqual(
    [javaDouble(3), javaDouble(0.25), javaDouble(1e7), javaDouble(0.00012), javaDouble(12_345_678.5)],
    ['3.0', '0.25', '1.0E7', '1.2E-4', '1.23456785E7'],
  )
})

test('dates follow the patterns of SimpleDateFormat', () => {
  const at = new Date(2026, 0, 5, 13, 4, 9, 7).getTime()
  equal(javaDateFormat('yyyy-MM-dd HH:mm:ss:SSS')(at), '2026-01-05 13:04:09:007')
  equal(javaDateFormat("EEE, d MMM yy 'at' h:mm a ''D''")(at), "Mon, 5 Jan 26 at 1:04 PM '5'")
  throws(() => javaDateFormat('Q'), /Illegal pattern character 'Q'/)
})
