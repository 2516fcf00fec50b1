/** {@link Io} of this process. */
import { once } from 'node:events'
import { nodeEnv } from '@ottla/env/node'
import type { Io, Output } from './io.ts'

export interface NodeIo extends Io {
  /** Writes out what is left. */
  finish(): Promise<void>
}

/** Above this the writer should wait for the reader. */
const HIGH_MARK_BYTES = 1 << 20
/** Of a terminal that does not say. */
const DEFAULT_COLUMNS = 80

export interface NodeIoOptions {
  /** When nobody reads the standard output any more, the signal aborts with that error. Default: only `drained` tells. */
  readonly endsWithReader?: boolean
}

export function nodeIo(options: NodeIoOptions = {}): NodeIo {
  const env = nodeEnv({ logLevel: 'warn', logFormat: 'people', timersKeepAlive: true })
  const stdout = new StreamOutput(process.stdout)
  const stderr = new StreamOutput(process.stderr)
  const stop = new AbortController()
  if (options.endsWithReader === true) process.stdout.on('error', (error) => stop.abort(error))
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => stop.abort(new Error(`stopped by ${name}`)))
  }
  return {
    env,
    stdin: process.stdin,
    isStdinTerminal: process.stdin.isTTY === true,
    terminal:
      process.stdin.isTTY && process.stdout.isTTY ? { input: process.stdin, output: process.stdout } : undefined,
    stdout,
    stderr,
    signal: stop.signal,
    variables: process.env,
    workingDirectory: process.cwd(),
    async finish() {
      env.close()
      await stdout.finish()
      await stderr.finish()
    },
  }
}

/** Collects what one turn writes, and writes it at once. */
class StreamOutput implements Output {
  readonly #stream: NodeJS.WriteStream
  #pending: (string | Uint8Array)[] = []
  #isScheduled = false
  #error: Error | null = null

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
    stream.on('error', (error) => {
      this.#error = error
    })
  }

  get columns(): number | undefined {
    return this.#stream.isTTY === true ? this.#stream.columns || DEFAULT_COLUMNS : undefined
  }

  write(data: string | Uint8Array): void {
    this.#pending.push(data)
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#flush())
  }

  async drained(): Promise<void> {
    this.#flush()
    while (this.#error === null && this.#stream.writableLength > HIGH_MARK_BYTES) {
      // Whichever does not come takes its listener away again.
      const { signal, abort } = settling()
      await Promise.race([once(this.#stream, 'drain', { signal }), once(this.#stream, 'error', { signal })]).catch(
        () => {},
      )
      abort()
    }
    if (this.#error !== null) throw this.#error
  }

  async finish(): Promise<void> {
    this.#flush()
    if (this.#error !== null || this.#stream.writableLength === 0) return
    await new Promise<void>((resolve) => this.#stream.write('', () => resolve()))
  }

  #flush(): void {
    this.#isScheduled = false
    const pending = this.#pending
    if (pending.length === 0 || this.#error !== null) return
    this.#pending = []
    const only = pending.length === 1 ? pending[0]! : undefined
    if (only !== undefined) this.#stream.write(only)
    else if (pending.every((data) => typeof data === 'string')) this.#stream.write(pending.join(''))
    else this.#stream.write(Buffer.concat(pending.map((data) => (typeof data === 'string' ? Buffer.from(data) : data))))
  }
}

function settling(): { readonly signal: AbortSignal; abort(): void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
