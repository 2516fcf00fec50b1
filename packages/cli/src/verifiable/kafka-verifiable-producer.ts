/** kafka-verifiable-producer: sends numbers, and says of each whether it was acknowledged. */
import type { Producer, RecordMetadata } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { defineArgparseTool, type ParsedArguments } from '../options/argparse.ts'
import { UsageError } from '../options/usage-error.ts'
import { connect, producerOptions, readProperties } from '../shared/client-properties.ts'
import { errorText, exceptionClass } from '../shared/error-text.ts'
import { javaDouble } from '../shared/java-format.ts'
import { stopCode } from '../shared/stop-code.ts'
import { Throttle } from '../shared/throttle.ts'
import { printEvent } from './events.ts'

const MS_PER_SECOND = 1000

/** Runs kafka-verifiable-producer. */
export const run = defineArgparseTool({
  name: 'verifiable-producer',
  purpose: 'Sends increasing numbers to a topic, and prints JSON for each: whether it was acknowledged.',
  arguments: [
    { flag: '--topic', type: 'String', metavar: 'TOPIC', isRequired: true, description: 'Topic to send to.' },
    {
      flag: '--max-messages',
      type: 'Integer',
      metavar: 'MAX-MESSAGES',
      default: '-1',
      description: 'Send so many; -1: until the process is ended.',
    },
    {
      flag: '--throughput',
      type: 'Integer',
      metavar: 'THROUGHPUT',
      default: '-1',
      description: 'About so many per second at most; -1: no limit.',
    },
    { flag: '--acks', type: 'Integer', metavar: 'ACKS', default: '-1', description: 'Acknowledgements to wait for.' },
    {
      flag: '--producer.config',
      type: 'String',
      metavar: 'CONFIG-FILE',
      description: 'The same as --command-config (deprecated).',
    },
    {
      flag: '--message-create-time',
      type: 'Long',
      metavar: 'CREATE-TIME',
      default: '-1',
      description: 'Timestamp of the first record, in milliseconds. Default: the time.',
    },
    {
      flag: '--value-prefix',
      type: 'Integer',
      metavar: 'VALUE-PREFIX',
      description: 'What stands in front of each value, with a point between.',
    },
    {
      flag: '--repeating-keys',
      type: 'Integer',
      metavar: 'REPEATING-KEYS',
      description: 'Keys from 0 up to this, and again. Default: none.',
    },
    {
      flag: '--command-config',
      type: 'String',
      metavar: 'CONFIG-FILE',
      description: 'Properties file for the producer.',
    },
    {
      flag: '--bootstrap-server',
      type: 'String',
      metavar: 'HOST1:PORT1[,HOST2:PORT2[...]]',
      isAlternative: true,
      description: 'REQUIRED: brokers to ask first.',
    },
    {
      flag: '--broker-list',
      type: 'String',
      metavar: 'HOST1:PORT1[,HOST2:PORT2[...]]',
      description: 'The old name of --bootstrap-server.',
      isHidden: true,
      standsFor: '--bootstrap-server',
    },
  ],
  run: produce,
})

async function produce(args: ParsedArguments, io: Io): Promise<number> {
  const properties = propertiesOf(args, io)
  await using kafka = connect(args.text('--bootstrap-server')!, properties, io)
  const isExplicit = properties.has('enable.idempotence')
  const producer = kafka.producer({ ...producerOptions(properties), ...(isExplicit ? {} : { isIdempotent: false }) })
  const sending = new Sending(args, producer, io)
  await sending.run()
  await producer.close()
  printEvent(io, 'shutdown_complete')
  sending.printSummary()
  return io.signal.aborted ? stopCode(io.signal) : 0
}

function propertiesOf(args: ParsedArguments, io: Io): Map<string, string> {
  const [old, current] = [args.text('--producer.config'), args.text('--command-config')]
  if (old !== undefined && current !== undefined) {
    throw new UsageError('Options --producer.config and --command-config are mutually exclusive.')
  }
  const fixed = [
    ['acks', args.text('--acks')!],
    ['retries', '0'],
  ] as const
  if (old !== undefined) {
    printLine(
      io.stdout,
      'Option --producer.config has been deprecated and will be removed in a future version. Use --command-config instead.',
    )
  }
  const file = current ?? old
  return new Map([...fixed, ...(file === undefined ? [] : readProperties(file, io))])
}

class Sending {
  readonly #args: ParsedArguments
  readonly #producer: Producer
  readonly #io: Io
  readonly #startMs: number
  readonly #throughput: number
  #createTime: number
  #sent = 0
  #acked = 0

  constructor(args: ParsedArguments, producer: Producer, io: Io) {
    this.#args = args
    this.#producer = producer
    this.#io = io
    this.#startMs = io.env.clock.now()
    this.#throughput = args.number('--throughput')!
    this.#createTime = args.number('--message-create-time')!
  }

  async run(): Promise<void> {
    printEvent(this.#io, 'startup_complete')
    const { env, signal } = this.#io
    const max = this.#args.number('--max-messages')!
    const throttle = new Throttle(env, this.#throughput)
    for (let index = 0; (max < 0 || index < max) && !signal.aborted; index += 1) {
      const room = this.#send(index)
      const wait = throttle.wait(index, signal)
      if (wait !== undefined) await wait
      if (index % SENDS_IN_FLIGHT === SENDS_IN_FLIGHT - 1) await room
    }
    await this.#producer.flush()
  }

  printSummary(): void {
    const elapsedMs = this.#io.env.clock.now() - this.#startMs
    const average = elapsedMs === 0 ? 0 : MS_PER_SECOND * (this.#acked / elapsedMs)
    const counts = `"sent":${this.#sent},"acked":${this.#acked},"target_throughput":${this.#throughput}`
    const head = `{"timestamp":${this.#io.env.clock.now()},"name":"tool_data"`
    printLine(this.#io.stdout, `${head},${counts},"avg_throughput":${javaDouble(average)}}`)
  }

  /** Resolves when it is known what became of the record. */
  async #send(index: number): Promise<void> {
    const prefix = this.#args.text('--value-prefix')
    const value = prefix === undefined ? String(index) : `${Number(prefix)}.${index}`
    const keys = this.#args.number('--repeating-keys')
    const key = keys === undefined ? null : String(index % Math.max(1, keys))
    const topic = this.#args.text('--topic')!
    this.#sent += 1
    try {
      const { partition, offset } = await this.#producer.send({
        topic,
        key: key === null ? null : Buffer.from(key),
        value: Buffer.from(value),
        ...this.#timestamp(),
      })
      this.#acked += 1
      printEvent(this.#io, 'producer_send_success', { key, value, offset, topic, partition } satisfies Success)
    } catch (error) {
      const exception = `class ${exceptionClass(error)}`
      printEvent(this.#io, 'producer_send_error', { key, value, topic, exception, message: errorText(error) })
    }
  }

  #timestamp(): { timestamp?: number } {
    if (this.#createTime < 0) return {}
    const timestamp = this.#createTime
    this.#createTime += this.#io.env.clock.now() - this.#startMs
    return { timestamp }
  }
}

/** So many may be unanswered. */
const SENDS_IN_FLIGHT = 10_000

type Success = Pick<RecordMetadata, 'offset' | 'topic' | 'partition'> & {
  readonly key: string | null
  readonly value: string
}
