/** What the two console consumers do around their reading: they count, say how much it was, and tell what went wrong as Kafka's tools do. */
import type { Kafka } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { connect, type Properties } from '../shared/client-properties.ts'
import { errorTextWithClass } from '../shared/error-text.ts'

const INTERRUPTED = 130

export interface ConsoleRun<S extends { readonly servers: string; readonly properties: Properties }> {
  readonly options: ParsedOptions
  readonly io: Io
  /** Throws what is wrong with the command line. */
  readonly settings: () => S
  /** Reads and prints; counts what it prints. */
  readonly consume: (kafka: Kafka, settings: S, counter: { count: number }) => Promise<void>
  /** The command line is wrong, as opposed to what came of it. */
  readonly isToldPlainly: (error: unknown) => boolean
}

/** Resolves to the exit code. */
export async function runConsole<S extends { readonly servers: string; readonly properties: Properties }>({
  options,
  io,
  settings: settingsOf,
  consume,
  isToldPlainly,
}: ConsoleRun<S>): Promise<number> {
  const counter = { count: 0 }
  try {
    const settings = settingsOf()
    await using kafka = connect(settings.servers, settings.properties, io)
    try {
      await consume(kafka, settings, counter)
    } finally {
      printLine(io.stderr, `Processed a total of ${counter.count} messages`)
      if (options.has('enable-systest-events')) printLine(io.stdout, 'shutdown_complete')
    }
  } catch (error) {
    if (isToldPlainly(error)) throw error
    if (!io.signal.aborted) {
      // Kafka's tool logs it.
      const text = errorTextWithClass(error).replaceAll('\n', ', ')
      printLine(io.stderr, `ERROR Unknown error when running consumer: ${text}`)
      return 1
    }
  }
  return io.signal.aborted ? INTERRUPTED : 0
}
