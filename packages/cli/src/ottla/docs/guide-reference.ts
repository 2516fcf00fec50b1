/** The reference section of docs/guides/ottla.md, from the table of commands. */
import type { CommandSpec, OptionSpec } from '../command.ts'
import { COMMANDS, SECTIONS } from '../command-table.ts'
import { CONNECTION_OPTIONS, GENERAL_OPTIONS, JSON_OPTION } from '../tables/common-options-table.ts'
import { ENVIRONMENT, EXIT_CODES, OUTPUT, PRECEDENCE } from './common-facts.ts'
import { aliasOf, argumentLabel, argumentText, optionText, usageOf } from './help.ts'

const BEGIN = '<!-- From here on the page is made from the table of commands: npm run build -- --docs -->'

/** The page with its reference as the commands are now. */
export function withReference(page: string): string {
  const at = page.indexOf(BEGIN)
  const written = at === -1 ? `${page.trimEnd()}\n\n` : page.slice(0, at)
  return `${written}${BEGIN}\n\n${reference()}`
}

function reference(): string {
  const lines = ['## Reference', '', PRECEDENCE, '', OUTPUT, '']
  lines.push(...table(['variable', 'meaning'], ENVIRONMENT), ...table(['exit code', 'meaning'], EXIT_CODES))
  lines.push('Options of all commands that talk to a cluster:', '', ...optionTable(CONNECTION_OPTIONS))
  lines.push('Options of all commands:', '', ...optionTable(GENERAL_OPTIONS))
  for (const section of SECTIONS) {
    lines.push(`### ${section.title}`, '')
    for (const name of section.names) {
      const commands = COMMANDS.filter(
        (command) => command.isHidden !== true && (command.name === name || command.name.startsWith(`${name} `)),
      )
      for (const command of commands) lines.push(...commandLines(command))
    }
  }
  return `${lines.join('\n').trimEnd()}\n`
}

function commandLines(command: CommandSpec): string[] {
  const lines = [`#### ottla ${command.name}`, '', `${command.summary}. \`${usageOf(command)}\``, '']
  for (const paragraph of command.description ?? []) lines.push(paragraph, '')
  if (command.aliases !== undefined)
    lines.push(`Also: ${command.aliases.map((alias) => `\`${aliasOf(command, alias)}\``).join(', ')}.`, '')
  if (command.arguments !== undefined) {
    lines.push(
      ...table(
        ['argument', 'meaning'],
        command.arguments.map((each) => [`\`${argumentLabel(each)}\``, cell(argumentText(each))]),
      ),
    )
  }
  const options = [...(command.options ?? []), ...(command.json === undefined ? [] : [JSON_OPTION])]
  if (options.length > 0) lines.push(...optionTable(options))
  if (command.json !== undefined) lines.push(`JSON: ${command.json.replaceAll('{', '\\{')}`, '')
  if (command.examples !== undefined) {
    lines.push(
      '```sh',
      ...command.examples.map(({ says, line }) => `${line.padEnd(48)}  # ${lowerFirst(says)}`),
      '```',
      '',
    )
  }
  return lines
}

function optionTable(options: readonly OptionSpec[]): string[] {
  const rows = options
    .filter(({ isHidden }) => isHidden !== true)
    .map((option): readonly [string, string] => {
      const names = `${option.short === undefined ? '' : `-${option.short}, `}--${option.name}${option.value === undefined ? '' : ` ${option.value}`}`
      return [`\`${names}\``, cell(optionText(option))]
    })
  return table(['option', 'meaning'], rows)
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [
    `| ${titles.join(' | ')} |`,
    `| ${titles.map(() => '---').join(' | ')} |`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ]
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('*', '\\*')
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
