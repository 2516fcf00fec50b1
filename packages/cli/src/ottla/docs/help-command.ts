/** `ottla help`. */
import { printLine } from '../../io.ts'
import type { Invocation } from '../command.ts'
import { COMMANDS, findCommand, GROUPS } from '../command-table.ts'
import { didYouMean } from '../did-you-mean.ts'
import { UsageProblem } from '../usage-problem.ts'
import { commandHelp, groupHelp, overview } from './help.ts'

export async function run({ args, io, screen }: Invocation): Promise<void> {
  const words = args.arguments('COMMAND')
  const found = findCommand(words)
  const group = GROUPS.find(({ name }) => name === words.join(' '))
  if (words.length > 0 && found === null && group === undefined) {
    const names = [...GROUPS, ...COMMANDS.filter(({ isHidden }) => isHidden !== true)].map(({ name }) => name)
    throw new UsageProblem(`there is no command '${words.join(' ')}'.${didYouMean(words.join(' '), names)}`)
  }
  const lines =
    found !== null
      ? commandHelp(found.command, screen)
      : group !== undefined
        ? groupHelp(group, screen)
        : overview(screen)
  for (const line of lines) printLine(io.stdout, line)
}
