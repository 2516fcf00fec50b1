/** Runs `ottla` in this process, as `test-io` runs the tools. Holds no tests. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Io, Output } from '../io.ts'
import { type Ran, type RunOptions, testBroker, testEnv } from '../test-io.test.ts'
import { runOttla } from './run-ottla.ts'

export interface OttlaOptions extends RunOptions {
  readonly variables?: Readonly<Record<string, string>>
  /** A terminal of so many columns shows standard output and standard error. */
  readonly columns?: number
  /** What a person types. */
  readonly answer?: string
  readonly workingDirectory?: string
}

class Capture implements Output {
  readonly #parts: Buffer[] = []
  readonly #onText: ((text: string) => void) | undefined
  readonly columns: number | undefined

  constructor(columns: number | undefined, onText?: (text: string) => void) {
    this.columns = columns
    this.#onText = onText
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString('utf8')
  }

  write(data: string | Uint8Array): void {
    this.#parts.push(Buffer.from(data))
    this.#onText?.(Buffer.from(data).toString('utf8'))
  }

  async drained(): Promise<void> {}
}

export async function ottla(argv: readonly string[], options: OttlaOptions = {}): Promise<Ran> {
  const out = new Capture(options.columns, options.onOut)
  const err = new Capture(options.columns)
  const io: Io = {
    env: testEnv,
    stdin: chunks(options.answer ?? options.stdin ?? ''),
    isStdinTerminal: options.answer !== undefined,
    stdout: out,
    stderr: err,
    signal: options.signal ?? new AbortController().signal,
    // Contexts of whoever runs the tests have nothing to do with them.
    variables: { XDG_CONFIG_HOME: '/nonexistent', ...options.variables },
    workingDirectory: options.workingDirectory ?? tmpdir(),
  }
  const code = await runOttla(argv, io)
  return { code, out: out.text, err: err.text }
}

/** In pieces of a few bytes, so that lines are cut anywhere. */
async function* chunks(input: string | Buffer): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(input)
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7)
}

export type RunOttla = (line: string, options?: OttlaOptions) => Promise<Ran>

/** A broker, and `ottla` that talks to it. Words of a line are parted by blanks; quotes hold some together. */
export async function ottlaWithBroker(t: TestContext): Promise<{ run: RunOttla; bootstrap: string }> {
  const { servers } = await testBroker(t)
  const bootstrap = servers[1]!
  const run: RunOttla = (line, options = {}) =>
    ottla(words(line), { ...options, variables: { OTTLA_BOOTSTRAP_SERVERS: bootstrap, ...options.variables } })
  return { run, bootstrap }
}

/** As a shell would part them. */
export function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!)
}

/** Goes when the test is over. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
