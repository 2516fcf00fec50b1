/** Every example does what its page in expected/ says. */
import { deepStrictEqual, match, ok } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createBroker, type TestBroker } from '@ottla/testkit'

const folder = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)
const TIME_LIMIT_MS = 300_000

const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -'.ts'.length))

const expectedPath = (name: string): string => join(folder, 'expected', `${name}.txt`)
const needsOf = (name: string): string | undefined =>
  /^\/\/ needs: (.+)/.exec(readFileSync(join(folder, `${name}.ts`), 'utf8'))?.[1]

/** A pattern for a line of a page: `<any>` stands for whatever is there. */
function lineOf(expected: string): RegExp {
  return new RegExp(`^${expected.split('<any>').map(literally).join('.+')}$`)
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

describe('examples', { concurrency: 2 }, () => {
  let broker: TestBroker
  before(async () => {
    broker = await createBroker({ settings: { 'auto.create.topics.enable': 'false' } })
  })
  after(() => broker.stop())

  for (const name of names.filter((each) => needsOf(each) === undefined)) {
    it(`${name} prints what its page says`, async () => {
      ok(existsSync(expectedPath(name)), `examples/expected/${name}.txt is missing`)
      const { stdout, stderr } = await run(process.execPath, [join(folder, 'dist', `${name}.js`)], {
        env: { ...process.env, BOOTSTRAP_SERVERS: broker.bootstrap },
        timeout: TIME_LIMIT_MS,
      })
      deepStrictEqual(stderr, '')
      const printed = stdout.trimEnd().split('\n')
      const expected = readFileSync(expectedPath(name), 'utf8').trimEnd().split('\n')
      for (const [index, line] of expected.entries()) match(printed[index] ?? '(nothing more)', lineOf(line))
      deepStrictEqual(printed.slice(expected.length), [])
    })
  }

  it('no page is left of an example that is gone', () => {
    const pages = readdirSync(join(folder, 'expected')).map((file) => file.replace(/\.txt$/, ''))
    deepStrictEqual(
      pages.filter((page) => !names.includes(page)),
      [],
    )
  })
})
