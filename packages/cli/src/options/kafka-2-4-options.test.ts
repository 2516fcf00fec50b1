import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { runTool } from '../test-io.test.ts'
import { KAFKA_2_4_OPTIONS } from './kafka-2-4-option-table.test.ts'

/** Options that cannot mean anything any more; the tool says why. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  '--zookeeper': /--bootstrap-server/,
  '--authorizer': /--bootstrap-server/,
  '--authorizer-properties': /--bootstrap-server/,
}

for (const [tool, options] of Object.entries(KAFKA_2_4_OPTIONS)) {
  test(`${tool} understands the options of Kafka 2.4, or says why it does not`, async () => {
    const unknown: string[] = []
    for (const option of options) {
      // The second one ends the tool before it does anything: there is none of that name anywhere.
      const { code, out, err } = await runTool(tool, [option, '1', '--no-such-option'])
      equal(code, 1)
      const reason = REFUSED[option]
      if (reason !== undefined) match(err, reason)
      else if (isUnknown(option, out + err)) unknown.push(option)
    }
    deepEqual(unknown, [])
  })
}

function isUnknown(option: string, text: string): boolean {
  return (
    text.includes(`${option.slice('--'.length)} is not a recognized option`) ||
    new RegExp(`unrecognized\\s+arguments:\\s+'${option}'`).test(text)
  )
}
