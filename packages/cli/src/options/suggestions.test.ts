import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { suggestions } from './suggestions.ts'

test('what is near is suggested, what is not near is not', () => {
  const names = ['--topic', '--acks', '--throughput', '--max-messages']
  deepEqual(suggestions('--foo', names), ['--topic'])
  deepEqual(suggestions('--topc', names), ['--topic'])
  deepEqual(suggestions('--verson', names), [])
})
