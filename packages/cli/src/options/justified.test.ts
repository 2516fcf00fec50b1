import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { justified } from './justified.ts'

const CASES: readonly string[] = [
  'kafka-producer-perf-test:  error:  --num-records  should  be  greater  than\nzero.',
  'kafka-producer-perf-test: error:  one  of  the  arguments  --record-size --\npayload-file --payload-monotonic is required',
  'kafka-producer-perf-test: error: At  least  one  of  --bootstrap-server, --\ncommand-property, --producer-props,  --producer.config  or --command-config\nmust be specified.',
  'kafka-producer-perf-test: error: argument  --payload-monotonic: not allowed\nwith argument --record-size',
  'verifiable-producer:  error:  ambiguous   option:   --t   could   match  --\nthroughput, --topic',
  'verifiable-producer: error: argument --max-messages:  could not convert \'x\'\nto Integer (For input string: "x")',
  "verifiable-producer: error: unrecognized arguments: '--foo'",
]

test('messages are stretched to both margins as in Kafka', () => {
  for (const text of CASES) {
    const joined = text.replaceAll('--\n', '--').replaceAll('\n', ' ').replaceAll(/ +/g, ' ')
    equal(justified(joined), text)
  }
})
