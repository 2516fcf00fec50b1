/** Help on the terminal, from the table of commands. */
import type { ArgumentSpec, CommandGroup, CommandSpec, OptionSpec } from '../command.ts'
import { COMMANDS, GROUPS, SECTIONS } from '../command-table.ts'
import type { Screen } from '../screen/screen.ts'
import { textWidth } from '../screen/text-width.ts'
import { CONNECTION_OPTIONS, GENERAL_OPTIONS, JSON_OPTION } from '../tables/common-options-table.ts'

const DEFAULT_COLUMNS = 100
const COLUMNS_MAX = 120
const INDENT = '  '
const LEFT_MAX = 32

/** `ottla --help`. */
export function overview(screen: Screen): string[] {
  const { bold, dim, cyan } = screen.style
  const lines = [`${bold('ottla')}: topics, records, groups and clusters of Kafka and Ottla from the command line`, '']
  lines.push(`${bold('Usage:')} ottla COMMAND [ARGUMENTS] [OPTIONS]`, '')
  const names = SECTIONS.flatMap((section) => section.names)
  const left = Math.max(...names.map((name) => name.length))
  for (const section of SECTIONS) {
    lines.push(bold(section.title))
    for (const name of section.names) lines.push(`${INDENT}${cyan(name.padEnd(left))}  ${summaryOf(name)}`)
    lines.push('')
  }
  lines.push(dim('ottla COMMAND --help tells more of a command.'))
  return lines
}

/** `ottla topic --help`. */
export function groupHelp(group: CommandGroup, screen: Screen): string[] {
  const { bold, dim, cyan } = screen.style
  const commands = COMMANDS.filter(({ name, isHidden }) => name.startsWith(`${group.name} `) && isHidden !== true)
  const left = Math.max(...commands.map(({ name }) => name.length))
  return [
    group.summary,
    '',
    `${bold('Usage:')} ottla ${group.name} COMMAND [ARGUMENTS] [OPTIONS]`,
    '',
    ...commands.map(({ name, summary }) => `${INDENT}${cyan(name.padEnd(left))}  ${summary}`),
    '',
    dim(`ottla ${group.name} COMMAND --help tells more.`),
  ]
}

/** `ottla topic create --help`. */
export function commandHelp(command: CommandSpec, screen: Screen): string[] {
  const { bold, dim } = screen.style
  const columns = Math.min(screen.columns ?? DEFAULT_COLUMNS, COLUMNS_MAX)
  const lines = [command.summary, '', `${bold('Usage:')} ${usageOf(command)}`]
  for (const paragraph of command.description ?? []) lines.push('', ...wrapText(paragraph, columns))
  const section = (title: string, rows: readonly (readonly [string, string])[]) => {
    if (rows.length > 0) lines.push('', bold(title), ...twoColumns(rows, columns))
  }
  section(
    'Arguments',
    (command.arguments ?? []).map((each) => [argumentLabel(each), argumentText(each)]),
  )
  const own = [...(command.options ?? []), ...(command.json === undefined ? [] : [JSON_OPTION])]
  section('Options', optionRows(own))
  if (command.isLocal !== true) section('Connection', optionRows(CONNECTION_OPTIONS))
  section('General', optionRows(GENERAL_OPTIONS))
  if (command.json !== undefined)
    lines.push('', bold('JSON'), ...wrapText(command.json, columns - INDENT.length).map((line) => INDENT + line))
  if (command.examples !== undefined) {
    lines.push('', bold('Examples'))
    for (const { says, line } of command.examples) lines.push(`${INDENT}${dim(`# ${says}`)}`, `${INDENT}${line}`)
  }
  if (command.aliases !== undefined)
    lines.push('', dim(`Also: ${command.aliases.map((alias) => aliasOf(command, alias)).join(', ')}`))
  return lines
}

/** `ottla topic create TOPIC… [OPTIONS]`. */
export function usageOf(command: CommandSpec): string {
  const words = (command.arguments ?? []).map((argument) => {
    const label = argumentLabel(argument)
    return argument.isOptional === true ? `[${label}]` : label
  })
  return ['ottla', command.name, ...words, '[OPTIONS]'].join(' ')
}

export function aliasOf({ name }: CommandSpec, alias: string): string {
  const [first, second] = name.split(' ')
  return second === undefined ? `ottla ${alias}` : `ottla ${first} ${alias}`
}

export function argumentLabel({ name, isRepeated }: ArgumentSpec): string {
  return isRepeated === true ? `${name}…` : name
}

export function argumentText({ description, choices }: ArgumentSpec): string {
  return choices === undefined ? description : `${description} One of ${choices.join(', ')}.`
}

export function optionLabel({ name, short, value }: OptionSpec): string {
  const names = short === undefined ? `    --${name}` : `-${short}, --${name}`
  return value === undefined ? names : `${names} ${value}`
}

export function optionText({ description, choices }: OptionSpec): string {
  return choices === undefined ? description : `${choices.join(', ')}. ${description}`
}

/** Of a command or a group, by first word. */
export function summaryOf(name: string): string {
  const found = GROUPS.find((group) => group.name === name) ?? COMMANDS.find((command) => command.name === name)
  return found?.summary ?? ''
}

/** Lines of at most `columns`. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

function optionRows(options: readonly OptionSpec[]): (readonly [string, string])[] {
  return options.filter(({ isHidden }) => isHidden !== true).map((each) => [optionLabel(each), optionText(each)])
}

function twoColumns(rows: readonly (readonly [string, string])[], columns: number): string[] {
  const left = Math.min(LEFT_MAX, Math.max(...rows.map(([label]) => textWidth(label))))
  return rows.flatMap(([label, text]) => {
    const pad = ' '.repeat(INDENT.length + left + 2)
    const wrapped = wrapText(text, Math.max(20, columns - pad.length))
    if (textWidth(label) > left) return [`${INDENT}${label}`, ...wrapped.map((line) => pad + line)]
    const [first, ...rest] = wrapped
    return [`${INDENT}${label}${' '.repeat(left - textWidth(label))}  ${first}`, ...rest.map((line) => pad + line)]
  })
}
