/**
 * The other way in which Kafka's tools read a command line (argparse4j): long names may be cut short, an option may take several values, some exclude each
 * other, and errors stand below a line of usage.
 */
import { type Io, printLine } from '../io.ts'
import { errorText } from '../shared/error-text.ts'
import { stopCode } from '../shared/stop-code.ts'
import { KAFKA_VERSION, OTTLA_VERSION } from '../shared/version.ts'
import type { Run } from '../tool.ts'
import { argparseHelp, argparseUsage } from './argparse-usage.ts'
import { justified } from './justified.ts'
import { suggestions } from './suggestions.ts'
import { ToolError, UsageError } from './usage-error.ts'

export interface ArgumentSpec {
  /** `--topic`; without dashes: a positional argument, which takes all that is left. */
  readonly flag: string
  /** `-s` */
  readonly short?: string
  /** None: a switch. */
  readonly type?: 'String' | 'Integer' | 'Long'
  /** What stands for the value in the usage. */
  readonly metavar?: string
  readonly isRequired?: boolean
  /** Takes one value or more. */
  readonly isMany?: boolean
  /** May be repeated, with a value each time. */
  readonly isAppended?: boolean
  /** Exactly one of the arguments that say so must be given. */
  readonly isAlternative?: boolean
  readonly choices?: readonly string[]
  readonly default?: string
  readonly description: string
  /** Understood, but not shown. */
  readonly isHidden?: boolean
  /** The old name of another argument. */
  readonly standsFor?: string
}

export interface ArgparseDefinition {
  /** As it stands in the usage. */
  readonly name: string
  readonly purpose: string
  readonly arguments: readonly ArgumentSpec[]
  /** Without arguments: 'help', and all is well, or what is missing. Default: help. */
  readonly bare?: 'help' | 'error'
  readonly run: (args: ParsedArguments, io: Io) => Promise<number>
}

const HELP: ArgumentSpec = { flag: '--help', short: '-h', description: 'Show this help.' }
const VERSION: ArgumentSpec = { flag: '--version', description: 'Show the version.', isHidden: true }

/** The function of such a tool. */
export function defineArgparseTool(definition: ArgparseDefinition): Run {
  const specs = [HELP, ...definition.arguments, VERSION]
  const { name, purpose } = definition
  return async (argv, io) => {
    try {
      if (argv.length === 0 && definition.bare !== 'error') {
        io.stdout.write(argparseHelp(argparseUsage(name, specs), purpose, specs))
        return 0
      }
      const args = parseArguments(specs, argv)
      if (args === 'help') {
        io.stdout.write(argparseHelp(argparseUsage(name, specs), purpose, specs))
        return 1
      }
      if (args.has('--version')) {
        printLine(io.stdout, `${KAFKA_VERSION} (Ottla ${OTTLA_VERSION})`)
        return 0
      }
      args.check()
      return await definition.run(args, io)
    } catch (error) {
      if (!(error instanceof UsageError)) {
        if (!(error instanceof ToolError) && io.signal.aborted) return stopCode(io.signal)
        printLine(io.stderr, errorText(error))
        return 1
      }
      io.stderr.write(argparseUsage(name, specs))
      const [first = '', ...more] = error.message.split('\n')
      for (const line of [justified(`${name}: error: ${first}`), ...more]) printLine(io.stderr, line)
      return 1
    }
  }
}

export class ParsedArguments {
  readonly #specs: readonly ArgumentSpec[]
  readonly #values: ReadonlyMap<string, readonly string[]>

  constructor(specs: readonly ArgumentSpec[], values: ReadonlyMap<string, readonly string[]>) {
    this.#specs = specs
    this.#values = values
  }

  has(flag: string): boolean {
    return this.#values.has(flag)
  }

  /** The value that was given last, or the default. */
  text(flag: string): string | undefined {
    return this.#values.get(flag)?.at(-1) ?? this.#specs.find((spec) => spec.flag === flag)?.default
  }

  /** All values of an option that takes several. */
  texts(flag: string): readonly string[] {
    return this.#values.get(flag) ?? []
  }

  number(flag: string): number | undefined {
    const text = this.text(flag)
    return text === undefined ? undefined : Number(text)
  }

  /** Throws UsageError when something that is needed is missing. */
  check(): void {
    checkArguments(this.#specs, this.#values)
  }

  get values(): ReadonlyMap<string, readonly string[]> {
    return this.#values
  }
}

/** Throws UsageError when something that is needed is missing. */
export function checkArguments(specs: readonly ArgumentSpec[], values: ReadonlyMap<string, readonly string[]>): void {
  for (const { flag, isRequired } of specs) {
    if (isRequired === true && !values.has(flag)) throw new UsageError(`argument ${named(flag, specs)} is required`)
  }
  const alternatives = specs.filter(({ isAlternative }) => isAlternative === true).map(({ flag }) => flag)
  if (alternatives.length > 0 && !alternatives.some((flag) => values.has(flag))) {
    const names = alternatives.map((flag) => named(flag, specs)).join(' ')
    throw new UsageError(`one of the arguments ${names} is required`)
  }
}

/** `earlier`: values that were read before, to which these come. */
export function parseArguments(
  specs: readonly ArgumentSpec[],
  argv: readonly string[],
  earlier: ReadonlyMap<string, readonly string[]> = new Map(),
): ParsedArguments | 'help' {
  const values = new Map(earlier)
  const positional = specs.find(({ flag }) => !flag.startsWith('-'))
  let at = 0
  while (at < argv.length) {
    const token = argv[at++]!
    if (!isFlag(token)) {
      if (positional === undefined) throw new UsageError(`unrecognized arguments: '${token}'`)
      values.set(positional.flag, [token, ...argv.slice(at)])
      break
    }
    const { spec, inline } = specOf(specs, token)
    if (spec.flag === HELP.flag && inline === undefined) return 'help'
    checkAlternative(spec, specs, values)
    if (spec.type === undefined) {
      if (inline !== undefined) throw ofArgument(spec, specs, `ignore implicit argument '${inline}'`)
      values.set(spec.flag, [])
      continue
    }
    const given: string[] = inline === undefined ? [] : [inline]
    const limit = inline !== undefined ? 0 : spec.isMany === true ? Number.POSITIVE_INFINITY : 1
    while (given.length < limit && at < argv.length && !isFlag(argv[at]!)) given.push(argv[at++]!)
    if (given.length === 0) {
      throw ofArgument(spec, specs, spec.isMany === true ? 'expected at least one argument' : 'expected one argument')
    }
    for (const value of given) checkValue(value, spec, specs)
    const before = spec.isAppended === true ? (values.get(spec.flag) ?? []) : []
    values.set(spec.standsFor ?? spec.flag, [...before, ...given])
  }
  return new ParsedArguments(specs, values)
}

/** A number below zero is a value. */
function isFlag(token: string): boolean {
  return token.startsWith('-') && token !== '-' && !/^-\d+(\.\d+)?$/.test(token)
}

function specOf(specs: readonly ArgumentSpec[], token: string): { spec: ArgumentSpec; inline: string | undefined } {
  const equals = token.indexOf('=')
  const flag = equals === -1 ? token : token.slice(0, equals)
  const inline = equals === -1 ? undefined : token.slice(equals + 1)
  const exact = specs.find((spec) => spec.flag === flag || spec.short === flag)
  if (exact !== undefined) return { spec: exact, inline }
  const near = flag.startsWith('--') ? specs.filter((spec) => spec.flag.startsWith(flag)) : []
  const shown = near.filter(({ isHidden }) => isHidden !== true)
  const only = shown.length > 0 ? shown : near
  if (only.length === 1) return { spec: only[0]!, inline }
  if (only.length > 1) {
    const names = only.map((spec) => spec.flag).sort()
    throw new UsageError(`ambiguous option: ${flag} could match ${names.join(', ')}`)
  }
  const known = specs.filter((spec) => spec.isHidden !== true && spec.flag.startsWith('-')).map((spec) => spec.flag)
  const meant = suggestions(flag, known)
  const hint = meant.length === 0 ? '' : `\n\nDid you mean:\n${meant.map((name) => `\t${name}`).join('\n')}`
  throw new UsageError(`unrecognized arguments: '${token}'${hint}`)
}

function checkAlternative(
  spec: ArgumentSpec,
  specs: readonly ArgumentSpec[],
  values: ReadonlyMap<string, unknown>,
): void {
  if (spec.isAlternative !== true) return
  const other = specs.find((one) => one.isAlternative === true && one !== spec && values.has(one.flag))
  if (other !== undefined) throw ofArgument(spec, specs, `not allowed with argument ${named(other.flag, specs)}`)
}

function checkValue(value: string, spec: ArgumentSpec, specs: readonly ArgumentSpec[]): void {
  if (spec.choices !== undefined && !spec.choices.includes(value)) {
    throw ofArgument(spec, specs, `invalid choice: '${value}' (choose from {${spec.choices.join(',')}})`)
  }
  if (spec.type === 'String') return
  const bound = spec.type === 'Integer' ? 2 ** 31 : 2 ** 63
  const number = Number(value)
  if (/^[+-]?\d+$/.test(value) && number >= -bound && number < bound) return
  throw ofArgument(spec, specs, `could not convert '${value}' to ${spec.type} (For input string: "${value}")`)
}

function ofArgument(spec: ArgumentSpec, specs: readonly ArgumentSpec[], what: string): UsageError {
  return new UsageError(`argument ${named(spec.flag, specs)}: ${what}`)
}

function named(flag: string, specs: readonly ArgumentSpec[]): string {
  const short = specs.find((spec) => spec.flag === flag)?.short
  if (short === undefined) return flag
  return flag === '--help' ? `${short}/${flag}` : `${flag}/${short}`
}
