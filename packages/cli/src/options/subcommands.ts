/**
 * Tools that do one of several things, named by a word: `kafka-features --bootstrap-server … upgrade --release-version 4.3`. Kafka's take some options only before the word and others
 * only behind it; here all are understood in both places.
 */
import { type Io, printLine } from '../io.ts'
import { errorTextWithClass } from '../shared/error-text.ts'
import { KAFKA_VERSION, OTTLA_VERSION } from '../shared/version.ts'
import type { Run } from '../tool.ts'
import { type ArgumentSpec, checkArguments, parseArguments } from './argparse.ts'
import { argparseHelp, argparseUsage } from './argparse-usage.ts'
import { justified } from './justified.ts'
import type { OptionSpec, OptionTable } from './option-spec.ts'
import { ParsedOptions } from './parse-options.ts'
import { ToolError, UsageError } from './usage-error.ts'

export interface Subcommand {
  readonly help: string
  readonly options: OptionTable
  readonly run: (options: ParsedOptions, io: Io) => Promise<number>
}

export interface SubcommandsDefinition {
  /** kafka-features, as it stands in the usage. */
  readonly name: string
  readonly purpose: string
  /** Options of the tool: the usage shows them before the word. */
  readonly shared?: OptionTable
  /** Options of each command. */
  readonly everywhere?: OptionTable
  readonly commands: Readonly<Record<string, Subcommand>>
  /** Options that exclude each other may all be left out. Default: one of them is needed. */
  readonly alternativesAreOptional?: boolean
  /** What stands for the word in the usage. Default: all of them. */
  readonly commandLabel?: string
  /** Kafka's tools differ in it. */
  readonly helpCode?: 0 | 1
  /** The help names --version. */
  readonly showsVersion?: boolean
  /** How a wrong command line is told. Default: below the usage. */
  readonly usageMessage?: (message: string) => string
  /** Turns an error of a command into the text that is shown. Default: {@link errorTextWithClass}. */
  readonly errorMessage?: (error: unknown) => string
}

const HELP: ArgumentSpec = { flag: '--help', short: '-h', description: 'Show this help.' }
const VERSION: ArgumentSpec = { flag: '--version', short: '-v', description: 'Show the version.', isHidden: true }
const WORD = 'command'
const WORD_WIDTH = 25

/** The function of such a tool. Errors become a message on stderr and exit code 1. */
export function defineSubcommands(definition: SubcommandsDefinition): Run {
  return async (argv, io) => {
    const level: Level = { name: undefined }
    try {
      const parsed = parse(definition, argv, level)
      if (parsed === 'help') {
        io.stdout.write(helpOf(definition, level.name))
        return definition.helpCode ?? 0
      }
      if (parsed === 'version') {
        printLine(io.stdout, `${KAFKA_VERSION} (Ottla ${OTTLA_VERSION})`)
        return 0
      }
      return await parsed.command.run(parsed.options, io)
    } catch (error) {
      return fail(error, { definition, level, io })
    }
  }
}

/** Whose usage is shown: the tool's own, or that of a command. */
interface Level {
  name: string | undefined
}

interface Parsed {
  readonly command: Subcommand
  readonly options: ParsedOptions
}

/** The command line is wrong, as opposed to what a command thinks of it. */
class ParseError extends UsageError {}

function parse(definition: SubcommandsDefinition, argv: readonly string[], level: Level): Parsed | 'help' | 'version' {
  const { shared = [], everywhere = [], commands } = definition
  const own = shared.map(argumentOf)
  const late = everywhere.map(hiddenArgumentOf)
  const main = asParseErrors(() =>
    parseArguments([HELP, VERSION, ...own, ...late, { flag: WORD, description: '' }], argv),
  )
  if (main === 'help') return 'help'
  if (main.has(VERSION.flag)) return 'version'
  const [word, ...rest] = main.texts(WORD)
  if (word === undefined) throw new ParseError('too few arguments')
  if (!Object.hasOwn(commands, word)) {
    throw new ParseError(`invalid choice: '${word}' (choose from '${Object.keys(commands).join("', '")}')`)
  }
  level.name = word
  const command = commands[word]!
  const specs = [...everywhere, ...command.options]
  const given = asParseErrors(() =>
    parseArguments([HELP, ...specs.map(argumentOf), ...shared.map(hiddenArgumentOf), VERSION], rest, main.values),
  )
  if (given === 'help') return 'help'
  if (given.has(VERSION.flag)) return 'version'
  const needed = (table: OptionTable): ArgumentSpec[] =>
    table.map(argumentOf).filter((spec) => spec.isAlternative !== true || definition.alternativesAreOptional !== true)
  asParseErrors(() => checkArguments(needed(specs), given.values))
  level.name = undefined
  asParseErrors(() => checkArguments(needed(shared), given.values))
  level.name = word
  const values = [...given.values].map(([flag, texts]) => [flag.replace(/^--/, ''), texts] as const)
  return { command, options: new ParsedOptions([...shared, ...specs], new Map(values), argv) }
}

function asParseErrors<T>(parseSome: () => T): T {
  try {
    return parseSome()
  } catch (error) {
    throw error instanceof UsageError ? new ParseError(error.message) : error
  }
}

function argumentOf(spec: OptionSpec): ArgumentSpec {
  const { name, short, argument, description, isHidden = false, isRequired = false, isMany = false } = spec
  return {
    flag: `--${name}`,
    ...(short === undefined ? {} : { short: `-${short}` }),
    ...(argument === undefined
      ? {}
      : { type: argument.type ?? 'String', metavar: name.toUpperCase().replaceAll('-', '_') }),
    isAppended: isMany,
    isAlternative: spec.isAlternative === true,
    description,
    isHidden,
    isRequired,
  }
}

function hiddenArgumentOf(spec: OptionSpec): ArgumentSpec {
  return { ...argumentOf(spec), isHidden: true, isRequired: false }
}

interface Failure {
  readonly definition: SubcommandsDefinition
  readonly level: Level
  readonly io: Io
}

function fail(error: unknown, { definition, level, io }: Failure): number {
  const { name, usageMessage, errorMessage } = definition
  const isParseError = error instanceof ParseError || (error instanceof UsageError && error.isSyntax)
  if (isParseError && usageMessage !== undefined) io.stderr.write(usageMessage(error.message))
  else if (isParseError) {
    io.stderr.write(usageOf(definition, level.name))
    const [first = '', ...more] = error.message.split('\n')
    for (const line of [justified(`${name}: error: ${first}`), ...more]) printLine(io.stderr, line)
  } else if (error instanceof UsageError) printLine(io.stderr, error.message)
  else if (!(error instanceof ToolError) && io.signal.aborted) return 130
  else if (errorMessage !== undefined) printLine(io.stderr, errorMessage(error))
  else printLine(io.stderr, errorTextWithClass(error))
  return 1
}

function usageOf(definition: SubcommandsDefinition, word?: string) {
  const {
    name,
    shared = [],
    everywhere = [],
    commands,
    commandLabel,
    alternativesAreOptional: isFree = false,
  } = definition
  const own = shared.map(argumentOf)
  if (word === undefined) {
    const label = commandLabel ?? `{${Object.keys(commands).join(',')}}`
    return argparseUsage(name, [HELP, ...own], [label, '...'])
  }
  const needed = own.filter((spec) => spec.isRequired === true || (spec.isAlternative === true && !isFree))
  const specs = [HELP, ...[...everywhere, ...commands[word]!.options].map(argumentOf)]
  const before = needed.map(({ flag, metavar }) => `${flag} ${metavar}`).join(' | ')
  return argparseUsage([name, ...(before === '' ? [] : [before]), word].join(' '), specs)
}

function helpOf(definition: SubcommandsDefinition, word: string | undefined): string {
  const { shared = [], everywhere = [], commands, purpose, showsVersion = false } = definition
  const usage = usageOf(definition, word)
  if (word !== undefined) {
    const command = commands[word]!
    return argparseHelp(usage, command.help, [HELP, ...[...everywhere, ...command.options].map(argumentOf)])
  }
  const words = Object.entries(commands).map(([name, { help }]) => `    ${name.padEnd(WORD_WIDTH)}${help}`)
  const about = `This tool helps to ${purpose}\n\npositional arguments:\n${words.join('\n')}`
  return argparseHelp(usage, about, [HELP, { ...VERSION, isHidden: !showsVersion }, ...shared.map(argumentOf)])
}
