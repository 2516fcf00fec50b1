/**
 * Reads a command line as Kafka's tools do: `--name value`, `--name=value`, options repeated, no abbreviations. Values are converted when they are asked for, so that a wrong one is reported where Kafka reports it.
 */
import type { OptionSpec, OptionTable } from './option-spec.ts'
import { UsageError } from './usage-error.ts'

export class ParsedOptions {
  readonly #table: OptionTable
  readonly #values: ReadonlyMap<string, readonly string[]>
  /** The whole command line. */
  readonly argv: readonly string[]

  constructor(table: OptionTable, values: ReadonlyMap<string, readonly string[]>, argv: readonly string[]) {
    this.#table = table
    this.#values = values
    this.argv = argv
  }

  /** Whether the option stands on the command line. */
  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** The one value, or the default. Throws UsageError when there are several. */
  value(name: string): string | undefined {
    const given = this.#values.get(name) ?? []
    if (given.length > 1) {
      throw new UsageError(`Found multiple arguments for option ${name}, but you asked for only one`, {
        isSyntax: true,
      })
    }
    return given[0] ?? this.#spec(name)?.default
  }

  /** The one value of an option that was checked to be there. */
  required(name: string): string {
    const value = this.value(name)
    if (value === undefined) throw new UsageError(`Missing required argument "[${name}]"`)
    return value
  }

  /** All values, in order. */
  values(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** A whole number. Throws UsageError in Kafka's words. */
  integer(name: string): number | undefined {
    const text = this.value(name)
    if (text === undefined) return undefined
    const isLong = this.#spec(name)?.argument?.type === 'Long'
    const value = Number(text)
    const fits = isLong ? Number.isSafeInteger(value) : value >= -(2 ** 31) && value < 2 ** 31
    if (/^[+-]?\d+$/.test(text) && fits) return value
    throw new UsageError(`Cannot parse argument '${text}' of option ${name}`, { isSyntax: true })
  }

  #spec(name: string): OptionSpec | undefined {
    return this.#table.find((spec) => spec.name === name)
  }
}

/** Throws UsageError for an unknown option, or one without its argument. */
export function parseOptions(table: OptionTable, argv: readonly string[]): ParsedOptions {
  const values = new Map<string, string[]>()
  const byName = new Map(table.map((spec) => [spec.name, spec]))
  let at = 0
  while (at < argv.length) {
    const token = argv[at]!
    at += 1
    if (token === '--') break
    // What belongs to no option is passed over, as Kafka's tools do.
    if (!token.startsWith('-') || token === '-') continue
    const { name, inline } = split(token)
    const spec = byName.get(name)
    if (spec === undefined) throw new UsageError(unknownOption(name), { isSyntax: true })
    const given = values.get(name) ?? []
    values.set(name, given)
    if (spec.argument === undefined) continue
    if (inline !== undefined) given.push(inline)
    else if (spec.argument.isOptional === true) {
      if (at < argv.length && isArgument(argv[at]!, spec)) given.push(argv[at++]!)
    } else if (at < argv.length) given.push(argv[at++]!)
    else throw new UsageError(`Option ${name} requires an argument`, { isSyntax: true })
  }
  return new ParsedOptions(table, values, argv)
}

/** Options of the time of ZooKeeper, and what to do in their place. */
const BY_BROKERS: Readonly<Record<string, string>> = {
  zookeeper: 'Use --bootstrap-server HOST:PORT: the brokers answer for what was in ZooKeeper.',
  authorizer: 'Use --bootstrap-server HOST:PORT: the brokers keep the ACLs.',
  'authorizer-properties': 'Use --bootstrap-server HOST:PORT: the brokers keep the ACLs.',
}

function unknownOption(name: string): string {
  const message = `${name} is not a recognized option`
  return Object.hasOwn(BY_BROKERS, name) ? `${message}\n${BY_BROKERS[name]}` : message
}

function split(token: string): { name: string; inline: string | undefined } {
  const text = token.startsWith('--') ? token.slice(2) : token.slice(1)
  const equals = text.indexOf('=')
  if (equals === -1) return { name: text, inline: undefined }
  return { name: text.slice(0, equals), inline: text.slice(equals + 1) }
}

/** Where a number is expected, one below zero is no option. */
function isArgument(token: string, { argument }: OptionSpec): boolean {
  if (!token.startsWith('-') || token === '-') return true
  return argument?.type !== undefined && argument.type !== 'String' && /^-\d+$/.test(token)
}
