/**
 * What a command of `ottla` is: one description from which come the parsing of its arguments, its help, its completion, its man page and
 * its section of the guide.
 */
import type { Io } from '../io.ts'
import type { Arguments } from './parse-arguments.ts'
import type { Screen } from './screen/screen.ts'
import type { Session } from './session.ts'

/** What the shell may put in the place of a value. */
export type Completion = 'topic' | 'group' | 'context' | 'entity' | 'config-key' | 'file' | 'folder' | 'command'

export interface OptionSpec {
  /** `--name`. */
  readonly name: string
  /** `-x`. */
  readonly short?: string
  /** What stands for the value in the help; a switch has none. */
  readonly value?: string
  readonly description: string
  readonly isRepeated?: boolean
  readonly choices?: readonly string[]
  readonly completes?: Completion
  /** Understood, and not shown. */
  readonly isHidden?: boolean
}

export interface ArgumentSpec {
  /** In capitals: TOPIC. */
  readonly name: string
  readonly description: string
  readonly isOptional?: boolean
  readonly isRepeated?: boolean
  readonly choices?: readonly string[]
  readonly completes?: Completion
}

export interface Example {
  readonly says: string
  readonly line: string
}

export interface CommandSpec {
  /** One word, or that of a group and its own: `topic create`. */
  readonly name: string
  /** Other words for the last one. */
  readonly aliases?: readonly string[]
  /** A line without a full stop. */
  readonly summary: string
  /** Paragraphs. */
  readonly description?: readonly string[]
  readonly arguments?: readonly ArgumentSpec[]
  readonly options?: readonly OptionSpec[]
  readonly examples?: readonly Example[]
  /** What `--json` prints; a command without it does not know the option. */
  readonly json?: string
  /** It has nothing to do with a cluster: no options for connecting. */
  readonly isLocal?: boolean
  readonly isHidden?: boolean
  readonly load: () => Promise<{ readonly run: Run }>
}

/** Commands that share their first word. */
export interface CommandGroup {
  readonly name: string
  readonly summary: string
}

/** A heading of the overview, and what stands below it, by first word. */
export interface CommandSection {
  readonly title: string
  readonly names: readonly string[]
}

export interface Invocation {
  readonly args: Arguments
  readonly io: Io
  readonly screen: Screen
  /** The cluster that options, environment and contexts name. Rejects when none of its brokers can be reached. */
  readonly open: () => Promise<Session>
}

/** Resolves to the exit code; nothing stands for 0. */
export type Run = (invocation: Invocation) => Promise<number | void>
