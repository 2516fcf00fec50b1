import { deepEqual, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddedConfigs } from './alter-configs.ts'

test('settings are separated by commas, values with commas stand in brackets', () => {
  deepEqual(
    [...parseAddedConfigs('a=1,b=[x,y],c=,d=p=q')],
    [
      ['a', '1'],
      ['b', 'x,y'],
      ['c', ''],
      ['d', 'p=q'],
    ],
  )
})

test('a setting without a value is refused', () => {
  throws(() => parseAddedConfigs('a=1,b'), /Invalid entity config/)
  throws(() => parseAddedConfigs(''), /Invalid entity config/)
})
