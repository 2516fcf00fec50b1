/** What all tools have in common: options, help, version, errors, exit code. */
import { type Io, printLine } from './io.ts'
import type { OptionTable } from './options/option-spec.ts'
import { type ParsedOptions, parseOptions } from './options/parse-options.ts'
import { formatUsage } from './options/usage.ts'
import { ToolError, UsageError } from './options/usage-error.ts'
import { errorTextWithClass } from './shared/error-text.ts'
import { stopCode } from './shared/stop-code.ts'
import { KAFKA_VERSION, OTTLA_VERSION } from './shared/version.ts'

/** Resolves to the exit code. */
export type Run = (argv: readonly string[], io: Io) => Promise<number>

export interface ToolDefinition {
  /** As it stands in a sentence of the help: 'create, delete, describe, or change a topic.' */
  readonly purpose: string
  /** What stands above the options, in place of a sentence with the purpose. */
  readonly message?: string
  /** What stands above the options when there are no arguments at all. Default: the same as for --help. */
  readonly bareMessage?: string
  readonly options: OptionTable
  /** Words that cannot be read: told with the options below, or by a sentence of its own. Default: the message alone. */
  readonly syntaxError?: 'with-options' | ((message: string) => string)
  /** Without arguments it does its work instead of showing the options. */
  readonly acceptsNoArguments?: boolean
  readonly run: (options: ParsedOptions, io: Io) => Promise<number>
}

const COMMON_OPTIONS: OptionTable = [
  { name: 'help', description: 'Show this list of options.' },
  { name: 'version', description: 'Show the version.' },
]

/** The function of a tool. Errors become a message on stderr and exit code 1. */
export function defineTool(definition: ToolDefinition): Run {
  const table = [...definition.options, ...COMMON_OPTIONS]
  return async (argv, io) => {
    let isRead = false
    try {
      const options = parseOptions(table, argv)
      isRead = true
      if (options.has('version')) {
        printLine(io.stdout, `${KAFKA_VERSION} (Ottla ${OTTLA_VERSION})`)
        return 0
      }
      const isBare = argv.length === 0 && definition.acceptsNoArguments !== true
      if (isBare || options.has('help')) {
        const message = definition.message ?? `This tool helps to ${definition.purpose}`
        printLine(io.stderr, argv.length === 0 ? (definition.bareMessage ?? message) : message)
        io.stderr.write(formatUsage(table))
        return 1
      }
      return await definition.run(options, io)
    } catch (error) {
      return fail(error, { definition, table, isRead, io })
    }
  }
}

interface Failure {
  readonly definition: ToolDefinition
  readonly table: OptionTable
  /** It was the values that were wrong, not the words. */
  readonly isRead: boolean
  readonly io: Io
}

function fail(error: unknown, { definition: { syntaxError }, table, isRead, io }: Failure): number {
  if (error instanceof UsageError && error.isSyntax && typeof syntaxError === 'function') {
    printLine(io.stderr, syntaxError(error.message))
    return 1
  }
  if (error instanceof UsageError) {
    printLine(io.stderr, error.message)
    if (error.showsOptions || (!isRead && syntaxError === 'with-options')) io.stderr.write(formatUsage(table))
    return 1
  }
  if (!(error instanceof ToolError) && io.signal.aborted) return stopCode(io.signal)
  printLine(io.stderr, errorTextWithClass(error))
  return 1
}
