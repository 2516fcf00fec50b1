/** What a tool may use of the process it runs in. Tests give it another one. */
import type { Env } from '@ottla/env'

export interface Output {
  /** Text or bytes, as they are. Kept until the end of the turn and written together. */
  write(data: string | Uint8Array): void
  /** Resolves when the reader has taken most of what was written. Rejects when nobody reads any more. */
  drained(): Promise<void>
  /** Columns of the terminal that shows it; undefined when it goes elsewhere. */
  readonly columns?: number | undefined
}

export interface Io {
  readonly env: Env
  readonly stdin: AsyncIterable<Buffer>
  /** A person types. */
  readonly isStdinTerminal: boolean
  /** The terminal itself, for tools that let lines be edited. */
  readonly terminal?: { readonly input: NodeJS.ReadStream; readonly output: NodeJS.WriteStream } | undefined
  readonly stdout: Output
  readonly stderr: Output
  /** Aborts when the tool is asked to end (Ctrl-C, SIGTERM). */
  readonly signal: AbortSignal
  /** Environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>
  /** For relative paths. */
  readonly workingDirectory: string
}

export function printLine(output: Output, line: string): void {
  output.write(`${line}\n`)
}
