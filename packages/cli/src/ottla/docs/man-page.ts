/** Manual pages, from the table of commands: ottla(1), and one for each first word: ottla-topic(1). */
import { OTTLA_VERSION } from '../../shared/version.ts'
import type { CommandSpec, OptionSpec } from '../command.ts'
import { COMMANDS, GROUPS, SECTIONS } from '../command-table.ts'
import { CONNECTION_OPTIONS, GENERAL_OPTIONS, JSON_OPTION } from '../tables/common-options-table.ts'
import { ENVIRONMENT, EXIT_CODES, OUTPUT, PRECEDENCE } from './common-facts.ts'
import { aliasOf, argumentLabel, argumentText, optionText, summaryOf, usageOf } from './help.ts'

/** Text by path: `man/ottla.1`, … */
export function manPages(): Readonly<Record<string, string>> {
  const names = SECTIONS.flatMap((section) => section.names)
  return Object.fromEntries([
    ['man/ottla.1', mainPage()],
    ...names.map((name) => [`man/ottla-${name}.1`, pageOf(name)]),
  ])
}

function mainPage(): string {
  const lines = head('OTTLA', 'ottla', 'topics, records, groups and clusters of Kafka and Ottla from the command line')
  lines.push('.SH SYNOPSIS', '.B ottla', '.I COMMAND', '[\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]')
  lines.push('.SH DESCRIPTION', text(PRECEDENCE), '.PP', text(OUTPUT))
  lines.push('.SH COMMANDS')
  for (const section of SECTIONS) {
    lines.push(`.SS ${text(section.title)}`)
    for (const name of section.names) lines.push('.TP', `.BR ottla-${text(name)} (1)`, text(summaryOf(name)))
  }
  lines.push('.SH OPTIONS', 'Options of all commands that talk to a cluster:', ...optionLines(CONNECTION_OPTIONS))
  lines.push('.PP', 'Options of all commands:', ...optionLines(GENERAL_OPTIONS))
  lines.push(...tail())
  lines.push(
    '.SH SEE ALSO',
    SECTIONS.flatMap((section) => section.names)
      .map((name) => `.BR ottla-${text(name)} (1)`)
      .join(',\n'),
  )
  return `${lines.join('\n')}\n`
}

function pageOf(name: string): string {
  const isGroup = GROUPS.some((group) => group.name === name)
  const commands = COMMANDS.filter(
    (command) => command.isHidden !== true && (command.name === name || command.name.startsWith(`${name} `)),
  )
  const lines = head(`OTTLA-${name.toUpperCase()}`, `ottla-${name}`, summaryOf(name))
  lines.push('.SH SYNOPSIS')
  commands.forEach((command, index) => {
    if (index > 0) lines.push('.br')
    lines.push(`\\fB${text(usageOf(command)).replace(' [OPTIONS]', '\\fR [\\fIOPTIONS\\fR]')}`)
  })
  lines.push(isGroup ? '.SH COMMANDS' : '.SH DESCRIPTION')
  for (const command of commands) lines.push(...commandLines(command, isGroup ? 'subsection' : 'page'))
  const isLocal = commands.every((command) => command.isLocal === true)
  if (!isLocal) lines.push('.SH CONNECTION', ...optionLines(CONNECTION_OPTIONS))
  lines.push('.SH GENERAL OPTIONS', ...optionLines(GENERAL_OPTIONS))
  lines.push(...tail(), '.SH SEE ALSO', '.BR ottla (1)')
  return `${lines.join('\n')}\n`
}

function commandLines(command: CommandSpec, place: 'subsection' | 'page'): string[] {
  const lines = place === 'subsection' ? [`.SS ${text(usageOf(command))}`] : []
  lines.push(`${text(command.summary)}.`)
  for (const paragraph of command.description ?? []) lines.push('.PP', text(paragraph))
  if (command.aliases !== undefined)
    lines.push('.PP', `Also: ${command.aliases.map((alias) => text(aliasOf(command, alias))).join(', ')}.`)
  for (const argument of command.arguments ?? [])
    lines.push('.TP', `.I ${text(argumentLabel(argument))}`, text(argumentText(argument)))
  lines.push(...optionLines([...(command.options ?? []), ...(command.json === undefined ? [] : [JSON_OPTION])]))
  if (command.json !== undefined) lines.push('.PP', `JSON: ${text(command.json)}`)
  if (command.examples !== undefined) {
    lines.push('.PP', 'Examples:')
    for (const { says, line } of command.examples)
      lines.push('.PP', `${text(says)}:`, '.PP', '.nf', '.RS', text(line), '.RE', '.fi')
  }
  return lines
}

function optionLines(options: readonly OptionSpec[]): string[] {
  return options
    .filter(({ isHidden }) => isHidden !== true)
    .flatMap((option) => {
      const { name, short, value } = option
      const names = [...(short === undefined ? [] : [`\\fB\\-${short}\\fR`]), `\\fB\\-\\-${text(name)}\\fR`].join(', ')
      return ['.TP', value === undefined ? names : `${names} \\fI${text(value)}\\fR`, text(optionText(option))]
    })
}

function head(title: string, name: string, says: string): string[] {
  return [`.TH "${title}" "1" "" "Ottla ${OTTLA_VERSION}" "Ottla"`, '.SH NAME', `${text(name)} \\- ${text(says)}`]
}

function tail(): string[] {
  const pairs = (rows: readonly (readonly [string, string])[]) =>
    rows.flatMap(([name, says]) => ['.TP', `.B ${text(name)}`, text(says)])
  return ['.SH ENVIRONMENT', ...pairs(ENVIRONMENT), '.SH EXIT STATUS', ...pairs(EXIT_CODES)]
}

/** What roff would take for its own is made harmless; what is no ASCII has names of its own there. */
function text(plain: string): string {
  const escaped = plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replaceAll('→', '\\(->')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
  return escaped.startsWith('.') ? `\\&${escaped}` : escaped
}
