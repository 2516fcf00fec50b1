/** Tools that do one of several things, named by a word: `kafka-features --bootstrap-server … upgrade --release-version 4.3`. */
import { KafkaError } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import { errorTextWithClass } from '../shared/error-text.ts'
import { KAFKA_VERSION, OTTLA_VERSION } from '../shared/version.ts'
import type { Run } from '../tool.ts'
import type { OptionSpec, OptionTable } from './option-spec.ts'
import { type ParsedOptions, parseOptions } from './parse-options.ts'
import { ToolError, UsageError } from './usage-error.ts'

export interface Subcommand {
  readonly help: string
  readonly options: OptionTable
  readonly run: (options: ParsedOptions, io: Io) => Promise<number>
}

export interface SubcommandsDefinition {
  /** kafka-features */
  readonly name: string
  readonly purpose: string
  /** Understood before and after the word. */
  readonly shared: OptionTable
  readonly commands: Readonly<Record<string, Subcommand>>
}

const HELP: OptionSpec = { name: 'help', description: 'Show this list of options.' }
const VERSION: OptionSpec = { name: 'version', description: 'Show the version.' }
const WIDTH = 26

/** The function of such a tool. Errors become a message on stderr and exit code 1. */
export function defineSubcommands(definition: SubcommandsDefinition): Run {
  return async (argv, io) => {
    const word = commandIn(argv, definition)
    try {
      const normal = argv.map((token) => (token === '-h' ? '--help' : token))
      const rest = normal.filter((_, at) => at !== word?.at)
      const table = [...definition.shared, ...(word?.command.options ?? []), HELP, VERSION]
      const options = parseOptions(table, rest)
      if (options.has('version')) {
        printLine(io.stdout, `${KAFKA_VERSION} (Ottla ${OTTLA_VERSION})`)
        return 0
      }
      if (options.has('help')) {
        io.stdout.write(usage(definition, word?.name))
        return 0
      }
      if (word === undefined) throw new UsageError('too few arguments')
      return await word.command.run(options, io)
    } catch (error) {
      return fail(error, { definition, name: word?.name, io })
    }
  }
}

interface Word {
  readonly at: number
  readonly name: string
  readonly command: Subcommand
}

/** The first word that is no option's argument. */
function commandIn(argv: readonly string[], { shared, commands }: SubcommandsDefinition): Word | undefined {
  for (let at = 0; at < argv.length; at += 1) {
    const token = argv[at]!
    if (token.startsWith('-')) {
      const isSwitch = shared.find(({ name }) => `--${name}` === token)?.argument === undefined
      if (!isSwitch && !token.includes('=')) at += 1
      continue
    }
    const command = Object.hasOwn(commands, token) ? commands[token] : undefined
    return command === undefined ? undefined : { at, name: token, command }
  }
  return undefined
}

function fail(
  error: unknown,
  { definition, name, io }: { definition: SubcommandsDefinition; name: string | undefined; io: Io },
): number {
  if (error instanceof UsageError) {
    io.stderr.write(usage(definition, name))
    printLine(io.stderr, `${definition.name}: error: ${error.message}`)
  } else if (error instanceof ToolError) printLine(io.stderr, error.message)
  else if (io.signal.aborted) return 130
  else printLine(io.stderr, error instanceof KafkaError ? errorTextWithClass(error) : String(error))
  return 1
}

function usage({ name, purpose, shared, commands }: SubcommandsDefinition, word: string | undefined): string {
  const command = word === undefined ? undefined : commands[word]
  const lines = [`usage: ${name} [options] ${word ?? `{${Object.keys(commands).join(',')}}`} ...`, '']
  lines.push(`This tool helps to ${purpose}`, '')
  if (command === undefined) {
    for (const [key, { help }] of Object.entries(commands)) lines.push(`  ${key.padEnd(WIDTH)}${help}`)
    lines.push('')
  }
  for (const option of [...shared, ...(command?.options ?? []), HELP, VERSION]) {
    if (option.isHidden === true) continue
    const label = option.argument === undefined ? '' : ` ${option.argument.label.toUpperCase().replaceAll(' ', '_')}`
    const left = `  --${option.name}${label}`
    if (left.length < WIDTH) lines.push(`${left.padEnd(WIDTH)}  ${option.description}`)
    else lines.push(left, `${' '.repeat(WIDTH)}  ${option.description}`)
  }
  return `${lines.join('\n')}\n`
}
