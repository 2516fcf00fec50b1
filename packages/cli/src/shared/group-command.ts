/** What the tools for groups have in common: what their actions work with, and how they tell that they failed. */
import type { Admin } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import type { OptionTable } from '../options/option-spec.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { FileError, UsageError } from '../options/usage-error.ts'
import { errorTextWithClass } from './error-text.ts'
import { connectBy } from './server-options.ts'

/** Options that the tools for consumer, share and streams groups have alike. */
export const GROUP_OPTIONS: OptionTable = [
  {
    name: 'timeout',
    argument: { label: 'timeout (ms)', type: 'Long' },
    description: 'How long the work may take.',
    default: '30000',
  },
  {
    name: 'state',
    argument: { label: '', isOptional: true },
    description: 'With --describe: the state of the group. With --list: states too, or only groups in these.',
  },
  { name: 'members', description: 'With --describe: the members.' },
  { name: 'verbose', description: 'With --describe: more columns.' },
  { name: 'dry-run', description: 'With --reset-offsets: only show what would be set.' },
  { name: 'execute', description: 'With --reset-offsets: do it.' },
]

/** What the actions work with. */
export interface GroupCommand {
  readonly admin: Admin
  readonly options: ParsedOptions
  readonly io: Io
  readonly timeoutMs: number
}

/** An error that stands on stdout, below an empty line. */
export function printError(io: Io, message: string): void {
  printLine(io.stdout, `\nError: ${message}`)
}

/** Ends a tool for groups with a message on stderr and exit code 1, where most of its failures have 0. */
export class GroupToolExit extends Error {
  override readonly name = 'GroupToolExit'
}

export interface GroupToolRun {
  readonly kind: 'share' | 'streams'
  readonly options: ParsedOptions
  readonly io: Io
  /** Default: 0. */
  readonly failureCode?: number
}

/**
 * Connects and performs. So it is in Kafka's tools: what goes wrong from here on stands on stdout, and the exit code is 0 in some of them.
 */
export async function performOnGroups(
  { kind, options, io, failureCode = 0 }: GroupToolRun,
  perform: (command: GroupCommand) => Promise<void>,
): Promise<number> {
  try {
    await using kafka = connectBy(options, io)
    await perform({ admin: kafka.admin(), options, io, timeoutMs: options.integer('timeout')! })
  } catch (error) {
    if (error instanceof UsageError && error.showsOptions) throw error
    if (error instanceof UsageError && error.isSyntax && kind === 'streams') throw new UsageError(error.message)
    if (error instanceof GroupToolExit) {
      printLine(io.stderr, error.message)
      return 1
    }
    printError(io, `Executing ${kind} group command failed due to ${groupFailure(error)}`)
    return failureCode
  }
  return 0
}

/** What Java's tools for groups show of an exception. */
export function groupFailure(error: unknown): string {
  const text = errorTextWithClass(error)
  return error instanceof FileError ? `java.nio.file.NoSuchFileException: ${text}` : text
}

/** Names of states with commas between, in any case. Throws UsageError. */
export function chosenStates(text: string | undefined, known: readonly string[]): string[] {
  if (text === undefined || text === '') return []
  return text.split(',').map((name) => {
    const found = known.find((one) => one.toLowerCase() === name.trim().toLowerCase())
    if (found !== undefined) return found
    throw new UsageError(`Invalid state list '${text}'. Valid states are: ${known.join(', ')}`)
  })
}

/** `[a], [b]` as messages about options have them. */
export function bracketed(names: readonly string[]): string {
  return names.map((name) => `[${name}]`).join(', ')
}

/** Options that go with some actions alone. Throws UsageError. */
export function checkBelongs(options: ParsedOptions): void {
  const isFor = (name: string): boolean =>
    options.has('describe') || (name === 'state' && options.has('list')) || !options.has(name)
  const stray = ['members', 'offsets', 'state', 'verbose'].find((name) => !isFor(name))
  if (stray === undefined) return
  throw new UsageError(`Option(s) [${stray}] are unavailable given other options on the command line`, {
    showsOptions: false,
  })
}

/** What --describe needs. Throws UsageError. */
export function checkDescribe(options: ParsedOptions): void {
  if (!options.has('group') && !options.has('all-groups')) {
    throw new UsageError('Option [describe] takes one of these options: [all-groups], [group]')
  }
  const forms = ['members', 'offsets', 'state']
  if (forms.filter((name) => options.has(name)).length > 1) {
    throw new UsageError(`Option [describe] takes at most one of these options: ${bracketed(forms)}`)
  }
  if (options.value('state') !== undefined) {
    throw new UsageError('Option [describe] does not take a value for [state]')
  }
}
