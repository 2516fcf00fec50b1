/** `ottla take`: a member of a share group that prints its records, or has a command do the work. */
import { spawn } from 'node:child_process'
import type { ShareConsumer, Task } from '@ottla/client'
import { shareConsumerOptions } from '../../shared/client-properties.ts'
import type { Invocation } from '../command.ts'
import { describeNamed } from '../topic/topic-facts.ts'
import { UsageProblem } from '../usage-problem.ts'
import type { FormatRecord } from './record-format.ts'
import { recordPrinter } from './record-printer.ts'

/** Records that one look takes: each is locked for as long as it waits. */
const MAX_RECORDS = 50

export async function run(invocation: Invocation): Promise<void> {
  const { args, io, screen, open } = invocation
  const groupId = args.value('group')
  if (groupId === undefined) throw new UsageProblem('which group? Give --group NAME')
  const command = args.value('run')
  const workers = args.integer('workers', 1) ?? 1
  if (command === undefined && args.has('workers')) throw new UsageProblem('--workers is for --run')
  if (command !== undefined && args.has('then'))
    throw new UsageProblem('with --run the command decides what becomes of a record')
  const topics = args.arguments('TOPIC')
  const print = recordPrinter(args, {
    style: screen.style,
    isTerminal: screen.columns !== undefined,
    isJson: screen.isJson,
    showsTopic: topics.length > 1,
  })
  const session = await open()
  await describeNamed(session.admin, topics)
  const limit = args.integer('count', 1) ?? Number.POSITIVE_INFINITY
  // No more than this member is going to do: others may want the rest.
  const maxRecords = Math.min(MAX_RECORDS, limit, command === undefined ? MAX_RECORDS : workers)
  await using consumer = session.kafka.shareConsumer({
    ...shareConsumerOptions(session.properties),
    groupId,
    maxRecords,
    acquireMode: 'record_limit',
  })
  consumer.subscribe(topics)
  const end = new End(invocation, limit)
  try {
    if (command === undefined) await printAll(invocation, { consumer, end, print })
    else await workOff(invocation, { consumer, end, command, workers })
  } finally {
    end.close()
  }
  io.signal.throwIfAborted()
}

/** When it is enough: so many, or nothing for so long. */
class End {
  readonly #invocation: Invocation
  readonly #stop = new AbortController()
  readonly #idleMs: number | undefined
  #left: number
  #timer: { cancel(): void } | null = null
  readonly signal: AbortSignal

  constructor(invocation: Invocation, limit: number) {
    this.#invocation = invocation
    this.#left = limit
    this.#idleMs = invocation.args.duration('idle')
    this.signal = AbortSignal.any([invocation.io.signal, this.#stop.signal])
    this.#watch()
  }

  /** A record was taken: false when it is one too many. */
  take(): boolean {
    this.#left -= 1
    this.#watch()
    return this.#left >= 0
  }

  /** A record was settled. */
  settled(): void {
    this.#watch()
    if (this.#left <= 0) this.#stop.abort(new Error('enough'))
  }

  close(): void {
    this.#timer?.cancel()
  }

  #watch(): void {
    this.#timer?.cancel()
    if (this.#idleMs === undefined) return
    this.#timer = this.#invocation.io.env.timers.after(this.#idleMs, () => this.#stop.abort(new Error('nothing came')))
  }
}

async function printAll(
  { args, io }: Invocation,
  { consumer, end, print }: { consumer: ShareConsumer; end: End; print: FormatRecord },
): Promise<void> {
  const delayMs = args.duration('delay') ?? 0
  const outcome = args.value('then') ?? 'ack'
  for await (const task of consumer.tasks({ signal: end.signal })) {
    if (!end.take()) {
      await task.release()
      break
    }
    io.stdout.write(print(task.record))
    await io.stdout.drained()
    if (outcome === 'reject') await task.reject()
    else if (outcome === 'release') await task.release({ delayMs })
    else await task.ack()
    end.settled()
  }
}

async function workOff(
  { args, io, screen }: Invocation,
  { consumer, end, command, workers }: { consumer: ShareConsumer; end: End; command: string; workers: number },
): Promise<void> {
  const delayMs = args.duration('delay') ?? 0
  const handle = async (task: Task) => {
    if (!end.take()) return await task.release()
    const { topic, partition, offset } = task.record
    const exitCode = await runCommand(command, task, io)
    const outcome = exitCode === 0 ? 'ack' : 'release'
    if (outcome === 'ack') await task.ack()
    else await task.release({ delayMs })
    if (screen.isJson) screen.jsonLine({ topic, partition, offset, delivery: task.deliveryCount, exitCode, outcome })
    else if (outcome === 'release')
      screen.warn(
        `${topic}-${partition}:${offset} goes back: the command ended with ${exitCode ?? 'a signal'} (delivery ${task.deliveryCount})`,
      )
    end.settled()
  }
  await consumer.run(handle, { concurrency: workers, signal: end.signal })
}

/** The exit code; null when a signal ended it. What the command prints goes where this program prints. */
function runCommand(command: string, { record, deliveryCount }: Task, io: Invocation['io']): Promise<number | null> {
  const { topic, partition, offset, timestamp, key, value } = record
  const child = spawn(command, {
    shell: true,
    cwd: io.workingDirectory,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...io.variables,
      OTTLA_TOPIC: topic,
      OTTLA_PARTITION: String(partition),
      OTTLA_OFFSET: String(offset),
      OTTLA_TIMESTAMP: String(timestamp),
      OTTLA_KEY: key?.toString('utf8') ?? '',
      OTTLA_DELIVERY: String(deliveryCount),
    },
  })
  child.stdout.on('data', (chunk: Buffer) => io.stdout.write(chunk))
  child.stderr.on('data', (chunk: Buffer) => io.stderr.write(chunk))
  // A command that does not read its input is none the worse for it.
  child.stdin.on('error', () => {})
  child.stdin.end(value ?? Buffer.alloc(0))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code))
  })
}
