/** What may stand where somebody pressed Tab, as far as the table of commands tells; the rest is a question for the cluster. */
import type { CommandSpec, Completion, OptionSpec } from '../command.ts'
import { COMMANDS, findCommand, GROUPS, optionsOf } from '../command-table.ts'

export interface Candidate {
  readonly text: string
  readonly description: string
}

export type Wanted =
  | { readonly kind: 'candidates'; readonly candidates: readonly Candidate[] }
  /** Something that has to be looked up: each answer stands behind `prefix`. */
  | {
      readonly kind: 'lookup'
      readonly what: Completion
      readonly prefix: string
      readonly entity: string | null
      readonly command: string
    }
  | { readonly kind: 'nothing' }

const NOTHING: Wanted = { kind: 'nothing' }

/** `words` are those behind `ottla`; the last is what has been typed of the one in question, and may be empty. */
export function wantedAfter(words: readonly string[]): Wanted {
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  if (before.length === 0) return candidates(current.startsWith('-') ? TOP_OPTIONS : topNames())
  const [first = ''] = before
  if (before.length === 1 && GROUPS.some(({ name }) => name === first)) return candidates(wordsOf(first))
  const found = findCommand(before)
  if (found === null) return NOTHING
  if (found.command.name === 'help') return helpWords(found.argv)
  return afterCommand(found.command, found.argv, current)
}

const TOP_OPTIONS: readonly Candidate[] = [
  { text: '--help', description: 'Shows the commands' },
  { text: '--version', description: 'Shows the version' },
]

function topNames(): Candidate[] {
  const shown = COMMANDS.filter(({ name, isHidden }) => isHidden !== true && !name.includes(' '))
  return [...GROUPS, ...shown].map(({ name, summary }) => ({ text: name, description: summary }))
}

function wordsOf(group: string): Candidate[] {
  return COMMANDS.filter(({ name, isHidden }) => name.startsWith(`${group} `) && isHidden !== true).map(
    ({ name, summary }) => ({
      text: name.slice(group.length + 1),
      description: summary,
    }),
  )
}

function helpWords([group]: readonly string[]): Wanted {
  if (group === undefined) return candidates(topNames())
  return candidates(wordsOf(group))
}

function afterCommand(command: CommandSpec, typed: readonly string[], current: string): Wanted {
  const options = optionsOf(command)
  const { waiting, used, positionals } = walk(options, typed)
  const entity = positionals.find((word) => word.includes('/') || word === 'broker') ?? null
  const value = (spec: { readonly choices?: readonly string[]; readonly completes?: Completion }, prefix: string) =>
    valueFrom(spec, { prefix, entity, command: command.name })
  if (waiting !== null) return value(waiting, '')
  if (current.startsWith('--') && current.includes('=')) {
    const equals = current.indexOf('=')
    const spec = options.find(({ name }) => name === current.slice(2, equals))
    return spec === undefined ? NOTHING : value(spec, current.slice(0, equals + 1))
  }
  if (current.startsWith('-')) {
    const open = options.filter(
      ({ name, isRepeated, isHidden }) => isHidden !== true && (isRepeated === true || !used.has(name)),
    )
    return candidates(
      open.map(({ name, description }) => ({ text: `--${name}`, description: description.split('. ')[0]! })),
    )
  }
  const specs = command.arguments ?? []
  const spec = specs[positionals.length] ?? specs.findLast(({ isRepeated }) => isRepeated === true)
  return spec === undefined ? NOTHING : value(spec, '')
}

function valueFrom(
  { choices, completes }: { readonly choices?: readonly string[]; readonly completes?: Completion },
  { prefix, entity, command }: { prefix: string; entity: string | null; command: string },
): Wanted {
  if (choices !== undefined) return candidates(choices.map((text) => ({ text: prefix + text, description: '' })))
  return completes === undefined ? NOTHING : { kind: 'lookup', what: completes, prefix, entity, command }
}

/** The option that waits for its value, if one does, and what was given before. */
function walk(options: readonly OptionSpec[], typed: readonly string[]) {
  const used = new Set<string>()
  const positionals: string[] = []
  let waiting: OptionSpec | null = null
  let areOptionsOver = false
  for (const word of typed) {
    if (waiting !== null) waiting = null
    else if (word === '--') areOptionsOver = true
    else if (areOptionsOver || !word.startsWith('-') || word === '-') positionals.push(word)
    else {
      const [name = ''] = word.replace(/^--/, '').split('=')
      const spec = word.startsWith('--') ? options.find((each) => each.name === name) : shortIn(options, word)
      if (spec !== undefined) used.add(spec.name)
      if (spec?.value !== undefined && !word.includes('='))
        waiting = word.startsWith('--') || word.endsWith(spec.short!) ? spec : null
    }
  }
  return { waiting, used, positionals }
}

/** The first of `-xyz` that takes a value, else the last. */
function shortIn(options: readonly OptionSpec[], word: string): OptionSpec | undefined {
  const specs = [...word.slice(1)].map((letter) => options.find(({ short }) => short === letter))
  return specs.find((spec) => spec?.value !== undefined) ?? specs.at(-1)
}

function candidates(list: readonly Candidate[]): Wanted {
  return { kind: 'candidates', candidates: list }
}
