/** Runs tools in this process: input as text, output kept, the real network. Holds no tests. */
import { tmpdir } from 'node:os'
import type { TestContext } from 'node:test'
import { type RunningBroker, startBroker } from '@ottla/broker'
import { parseServerProperties } from '@ottla/config'
import { type NodeEnv, nodeEnv } from '@ottla/env/node'
import type { Io, Output } from './io.ts'
import type { Run } from './tool.ts'
import { TOOLS } from './tools-table.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly stdin?: string | Buffer
  readonly signal?: AbortSignal
  /** Sees each piece of output. */
  readonly onOut?: (text: string) => void
}

export const testEnv: NodeEnv = nodeEnv({ logLevel: 'fatal', timersKeepAlive: true })

/** Runs a tool by its name. */
export async function runTool(name: string, argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { run } = await TOOLS[name]!()
  return await runWith(run, argv, options)
}

export async function runWith(run: Run, argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const out = new Capture(options.onOut)
  const err = new Capture()
  const io: Io = {
    env: testEnv,
    stdin: chunks(options.stdin ?? ''),
    isStdinTerminal: false,
    stdout: out,
    stderr: err,
    signal: options.signal ?? new AbortController().signal,
    variables: {},
    workingDirectory: tmpdir(),
  }
  const code = await run(argv, io)
  return { code, out: out.text, err: err.text }
}

class Capture implements Output {
  readonly #parts: Buffer[] = []
  readonly #onText: ((text: string) => void) | undefined

  constructor(onText?: (text: string) => void) {
    this.#onText = onText
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString('utf8')
  }

  write(data: string | Uint8Array): void {
    const bytes = Buffer.from(data)
    this.#parts.push(bytes)
    this.#onText?.(bytes.toString('utf8'))
  }

  async drained(): Promise<void> {}
}

/** In pieces of a few bytes, so that lines are cut anywhere. */
async function* chunks(input: string | Buffer): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(input)
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7)
}

/** A broker on a free port with a folder of its own; stopped when the test is over. */
export async function testBroker(t: TestContext): Promise<{ running: RunningBroker; servers: readonly string[] }> {
  const folder = `${tmpdir()}/ottla-cli-test-${testEnv.random.uuid()}`
  const settings = {
    listeners: 'PLAINTEXT://127.0.0.1:0',
    'log.dirs': folder,
    'group.initial.rebalance.delay.ms': '0',
    'group.streams.initial.rebalance.delay.ms': '0',
    'offsets.topic.num.partitions': '1',
  }
  const parsed = parseServerProperties('', 'test', Object.entries(settings))
  if (parsed.kind !== 'config') throw new Error(JSON.stringify(parsed.problems))
  const running = await startBroker(testEnv, parsed.config)
  t.after(async () => {
    await running.stop()
    await testEnv.files.removeDirectory(folder)
  })
  return { running, servers: ['--bootstrap-server', `127.0.0.1:${running.listeners[0]!.port}`] }
}
