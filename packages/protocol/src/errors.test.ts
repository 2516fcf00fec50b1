import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { ApiError, allErrors, ErrorCode, errorOf } from './errors.ts'

interface Row {
  readonly code: number
  readonly name: string
  readonly retriable: boolean
}

const rows = (JSON.parse(readFileSync(new URL('../golden/errors.json', import.meta.url), 'utf8')) as { errors: Row[] })
  .errors

describe('errors', () => {
  it('have the codes, names and retriability of Kafka', () => {
    assert.deepEqual(
      allErrors().map(({ code, name, retriable }) => ({ code, name, retriable })),
      rows.map(({ code, name, retriable }) => ({ code, name, retriable })),
    )
  })

  it('each have a message of their own', () => {
    const messages = allErrors().map((error) => error.message)
    assert.equal(new Set(messages).size, rows.length)
    for (const message of messages) assert.match(message, /^[^ ].*[^. ]$/)
  })

  it('keep the number of a code that is not known', () => {
    assert.deepEqual(errorOf(9999), { ...errorOf(ErrorCode.UNKNOWN_SERVER_ERROR), code: 9999 })
  })

  it('travel as exceptions with code, name, retriability and cause', () => {
    const cause = new Error('socket closed')
    const error = new ApiError(ErrorCode.NOT_CONTROLLER, 'broker 3 is', { cause })
    assert.equal(error.code, 41)
    assert.equal(error.errorName, 'NOT_CONTROLLER')
    assert.equal(error.retriable, true)
    assert.equal(error.message, 'broker 3 is')
    assert.equal(error.cause, cause)
    assert.equal(new ApiError(ErrorCode.NOT_CONTROLLER).message, errorOf(41).message)
  })
})
