/** The command lines of kafka-storage: `COMMAND --name value`, with a short form for most names. */

export const COMMANDS = ['info', 'format', 'version-mapping', 'feature-dependencies', 'random-uuid'] as const
export type Command = (typeof COMMANDS)[number]

interface Argument {
  readonly name: string
  readonly short: string
  /** A switch when absent. */
  readonly value?: 'one' | 'many'
  readonly isRequired?: boolean
}

const CONFIG: Argument = { name: 'config', short: 'c', value: 'one', isRequired: true }
const RELEASE: Argument = { name: 'release-version', short: 'r', value: 'one' }

const ARGUMENTS: Readonly<Record<Command, readonly Argument[]>> = {
  info: [CONFIG],
  format: [
    CONFIG,
    { name: 'cluster-id', short: 't', value: 'one', isRequired: true },
    { name: 'add-scram', short: 'S', value: 'many' },
    { name: 'ignore-formatted', short: 'g' },
    RELEASE,
    { name: 'feature', short: 'f', value: 'many' },
    { name: 'standalone', short: 's' },
    { name: 'no-initial-controllers', short: 'N' },
    { name: 'initial-controllers', short: 'I', value: 'one' },
  ],
  'version-mapping': [RELEASE],
  'feature-dependencies': [{ name: 'feature', short: 'f', value: 'many', isRequired: true }],
  'random-uuid': [],
}

/** The command line is wrong. `command` null: already its first word. */
export class StorageUsageError extends Error {
  override readonly name = 'StorageUsageError'
  readonly command: Command | null

  constructor(message: string, command: Command | null) {
    super(message)
    this.command = command
  }
}

/** What was given for each argument. */
export class StorageValues {
  readonly #values: ReadonlyMap<string, readonly string[]>

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** The last value of an argument that was checked to be there. */
  one(name: string): string {
    return this.#values.get(name)!.at(-1)!
  }

  optional(name: string): string | undefined {
    return this.#values.get(name)?.at(-1)
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }
}

export function isCommand(name: string): name is Command {
  return (COMMANDS as readonly string[]).includes(name)
}

/** Throws StorageUsageError. */
export function parseCommand(command: Command, argv: readonly string[]): StorageValues {
  const table = ARGUMENTS[command]
  const values = new Map<string, string[]>()
  const unrecognized: string[] = []
  for (let at = 0; at < argv.length; at += 1) {
    const token = argv[at]!
    const [flag, inline] = splitFlag(token)
    const argument = table.find(({ name, short }) => flag === `--${name}` || flag === `-${short}`)
    if (argument === undefined) {
      unrecognized.push(`'${token}'`)
      continue
    }
    const given = values.get(argument.name) ?? []
    values.set(argument.name, given)
    if (argument.value === undefined) continue
    if (inline === undefined) at += 1
    const value = inline ?? argv[at]
    if (value === undefined) throw new StorageUsageError(`argument ${label(argument)}: expected one argument`, command)
    given.push(value)
  }
  if (unrecognized.length > 0) {
    throw new StorageUsageError(`unrecognized arguments: ${unrecognized.join(' ')}`, command)
  }
  for (const argument of table) {
    if (argument.isRequired === true && !values.has(argument.name)) {
      throw new StorageUsageError(`argument ${label(argument)} is required`, command)
    }
  }
  return new StorageValues(values)
}

/** The `usage:` lines of a command; of the tool itself for null. */
export function usageOf(command: Command | null): string {
  if (command === null) {
    return `usage: kafka-storage [-h]\n                     {${COMMANDS.join(',')}}\n                     ...\n`
  }
  const parts = ARGUMENTS[command].map(({ name, value, isRequired }) => {
    const text = value === undefined ? `--${name}` : `--${name} ${name.toUpperCase().replaceAll('-', '_')}`
    return isRequired === true ? text : `[${text}]`
  })
  return `usage: ${['kafka-storage', command, '[-h]', ...parts].join(' ')}\n`
}

function splitFlag(token: string): [string, string | undefined] {
  const equals = token.indexOf('=')
  if (!token.startsWith('--') || equals === -1) return [token, undefined]
  return [token.slice(0, equals), token.slice(equals + 1)]
}

function label({ name, short }: Argument): string {
  return `--${name}/-${short}`
}
