/** The command line of `ottla` by the rules that most programs have: -x, -xVALUE, -xyz, --name VALUE, --name=VALUE, and -- before names that begin with a dash. */
import type { ArgumentSpec, CommandSpec, OptionSpec } from './command.ts'
import { didYouMean } from './did-you-mean.ts'
import { durationMs } from './quantities.ts'
import { UsageProblem } from './usage-problem.ts'

/** What was given to a command. */
export class Arguments {
  readonly #options: ReadonlyMap<string, readonly string[]>
  readonly #positionals: ReadonlyMap<string, readonly string[]>

  constructor(options: ReadonlyMap<string, readonly string[]>, positionals: ReadonlyMap<string, readonly string[]>) {
    this.#options = options
    this.#positionals = positionals
  }

  has(option: string): boolean {
    return this.#options.has(option)
  }

  /** The last value of an option. */
  value(option: string): string | undefined {
    return this.#options.get(option)?.at(-1)
  }

  values(option: string): readonly string[] {
    return this.#options.get(option) ?? []
  }

  /** A whole number of at least `min`. Throws {@link UsageProblem}. */
  integer(option: string, min = 0): number | undefined {
    const text = this.value(option)
    if (text === undefined) return undefined
    const value = Number(text)
    if (/^-?\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value
    throw new UsageProblem(`--${option} is a whole number${min === 0 ? '' : ` from ${min} on`}, not '${text}'`)
  }

  /** Milliseconds, from `500ms`, `10s`, `5m`, `2h`, `7d`, or a number of seconds. Throws {@link UsageProblem}. */
  duration(option: string): number | undefined {
    const text = this.value(option)
    if (text === undefined) return undefined
    const value = durationMs(text)
    if (value !== null) return value
    throw new UsageProblem(`--${option} is a time like 500ms, 10s, 5m, 2h or 7d, not '${text}'`)
  }

  /** `key=value` of a repeated option. Throws {@link UsageProblem}. */
  pairs(option: string): (readonly [string, string])[] {
    return this.values(option).map((text) => {
      const equals = text.indexOf('=')
      if (equals < 1) throw new UsageProblem(`--${option} takes key=value, not '${text}'`)
      return [text.slice(0, equals), text.slice(equals + 1)]
    })
  }

  argument(name: string): string | undefined {
    return this.#positionals.get(name)?.[0]
  }

  /** Of an argument that must be there. */
  required(name: string): string {
    return this.#positionals.get(name)![0]!
  }

  arguments(name: string): readonly string[] {
    return this.#positionals.get(name) ?? []
  }
}

/** Options of one command line, and what is not an option. Throws {@link UsageProblem}. */
export function parseArguments(
  command: Pick<CommandSpec, 'name' | 'arguments'>,
  options: readonly OptionSpec[],
  argv: readonly string[],
): Arguments {
  const { values, rest } = splitOptions(options, argv)
  if (values.has('help')) return new Arguments(values, new Map())
  return new Arguments(values, namePositionals(command.arguments ?? [], rest))
}

/** Without a look at what the positional arguments are. */
export function splitOptions(options: readonly OptionSpec[], argv: readonly string[]) {
  const values = new Map<string, string[]>()
  const rest: string[] = []
  const give = (spec: OptionSpec, value: string | null) => {
    const given = values.get(spec.name) ?? []
    if (value !== null) given.push(checked(spec, value))
    values.set(spec.name, given)
  }
  for (let at = 0; at < argv.length; at += 1) {
    const token = argv[at]!
    if (token === '--') {
      rest.push(...argv.slice(at + 1))
      break
    }
    if (!token.startsWith('-') || token === '-' || /^-\d/.test(token)) {
      rest.push(token)
      continue
    }
    const found = token.startsWith('--') ? longOption(options, token) : shortOption(options, token)
    for (const spec of found.switches) give(spec, null)
    if (found.last === undefined) continue
    if (found.value !== undefined) give(found.last, found.value)
    else if (at + 1 < argv.length) give(found.last, argv[(at += 1)]!)
    else throw new UsageProblem(`${token} needs a value: ${token} ${found.last.value}`)
  }
  return { values, rest }
}

interface Found {
  readonly switches: readonly OptionSpec[]
  /** Takes a value: this one, or the next word. */
  readonly last?: OptionSpec
  readonly value?: string
}

function longOption(options: readonly OptionSpec[], token: string): Found {
  const equals = token.indexOf('=')
  const name = equals === -1 ? token.slice(2) : token.slice(2, equals)
  const spec = options.find((each) => each.name === name)
  if (spec === undefined) {
    const names = options.filter(({ isHidden }) => isHidden !== true).map((each) => `--${each.name}`)
    throw new UsageProblem(`there is no option --${name}.${didYouMean(`--${name}`, names)}`)
  }
  if (spec.value === undefined) {
    if (equals !== -1) throw new UsageProblem(`--${name} takes no value`)
    return { switches: [spec] }
  }
  return { switches: [], last: spec, ...(equals === -1 ? {} : { value: token.slice(equals + 1) }) }
}

function shortOption(options: readonly OptionSpec[], token: string): Found {
  const switches: OptionSpec[] = []
  for (let at = 1; at < token.length; at += 1) {
    const letter = token[at]!
    const spec = options.find(({ short }) => short === letter)
    if (spec === undefined)
      throw new UsageProblem(`there is no option -${letter}${token.length > 2 ? ` (in ${token})` : ''}`)
    if (spec.value === undefined) {
      switches.push(spec)
      continue
    }
    const inline = token.slice(at + 1).replace(/^=/, '')
    return { switches, last: spec, ...(inline === '' ? {} : { value: inline }) }
  }
  return { switches }
}

function checked({ name, choices }: OptionSpec, value: string): string {
  if (choices === undefined || choices.includes(value)) return value
  throw new UsageProblem(`--${name} is one of ${choices.join(', ')}, not '${value}'.${didYouMean(value, choices)}`)
}

function namePositionals(specs: readonly ArgumentSpec[], words: readonly string[]): Map<string, readonly string[]> {
  const named = new Map<string, readonly string[]>()
  let at = 0
  for (const spec of specs) {
    const taken = spec.isRepeated === true ? words.slice(at) : words.slice(at, at + 1)
    if (taken.length === 0 && spec.isOptional !== true) {
      throw new UsageProblem(`${spec.name} is missing: ${lowerFirst(spec.description)}`)
    }
    const wrong = taken.find((word) => spec.choices !== undefined && !spec.choices.includes(word))
    if (wrong !== undefined) {
      throw new UsageProblem(
        `${spec.name} is one of ${spec.choices!.join(', ')}, not '${wrong}'.${didYouMean(wrong, spec.choices!)}`,
      )
    }
    if (taken.length > 0) named.set(spec.name, taken)
    at += taken.length
  }
  if (at < words.length) throw new UsageProblem(`'${words[at]}' is too much: there are no more arguments to take it`)
  return named
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}
