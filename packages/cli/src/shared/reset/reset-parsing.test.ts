import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { parseResetPlan } from './reset-file.ts'
import { parseDatetime, parseDuration } from './reset-spec.ts'

test('durations are ISO 8601 with days, hours, minutes, seconds', () => {
  equal(parseDuration('PT1S'), 1000)
  equal(parseDuration('P1DT2H3M4.5S'), 93_784_500)
  for (const text of ['', 'P', 'PT', '1S', 'P1Y']) throws(() => parseDuration(text), text)
})

test('times are read with a zone or in UTC', () => {
  equal(parseDatetime('1970-01-01T00:00:01.500'), 1500)
  equal(parseDatetime('1970-01-01T01:00:00+01:00'), 0)
  throws(() => parseDatetime('yesterday'))
})

test('a plan names the group or does not', () => {
  deepEqual(parseResetPlan('t,0,5\ng,t,1,6\nother,t,2,7\n\n', 'g'), [
    { topic: 't', partition: 0, offset: 5 },
    { topic: 't', partition: 1, offset: 6 },
  ])
  throws(() => parseResetPlan('t,0', 'g'), /Line 1/)
})
