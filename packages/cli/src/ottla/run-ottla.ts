/** `ottla`: finds the command, reads its arguments, runs it, and turns what goes wrong into a line and an exit code. */
import { type Io, printLine } from '../io.ts'
import { KAFKA_VERSION, OTTLA_VERSION } from '../shared/version.ts'
import type { CommandSpec, OptionSpec } from './command.ts'
import { COMMANDS, findCommand, GROUPS, optionsOf } from './command-table.ts'
import { didYouMean } from './did-you-mean.ts'
import { EXIT_OK, EXIT_USAGE, isBrokenPipe, reportFailure } from './failure.ts'
import { parseArguments } from './parse-arguments.ts'
import { Screen } from './screen/screen.ts'
import type { ColourChoice } from './screen/style.ts'
import type { Session } from './session.ts'
import { UsageProblem } from './usage-problem.ts'

/** Resolves to the exit code. */
export async function runOttla(argv: readonly string[], io: Io): Promise<number> {
  const [first = ''] = argv
  if (first === '--version' || first === '-V') {
    printLine(io.stdout, `ottla ${OTTLA_VERSION} (speaks Kafka ${KAFKA_VERSION})`)
    return EXIT_OK
  }
  const screen = new Screen(io, { isJson: false, colours: colourChoice(argv) })
  const found = findCommand(argv)
  if (found !== null) return await runCommand(found.command, found.argv, io)
  const isHelp = argv.includes('--help') || argv.includes('-h')
  const group = GROUPS.find(({ name }) => name === first)
  const help = await import('./docs/help.ts')
  if (group !== undefined && (argv.length === 1 || isHelp)) {
    const lines = help.groupHelp(group, screen)
    for (const line of lines) printLine(isHelp ? io.stdout : io.stderr, line)
    return isHelp ? EXIT_OK : EXIT_USAGE
  }
  if (argv.length === 0 || first === '--help' || first === '-h') {
    for (const line of help.overview(screen)) printLine(io.stdout, line)
    return EXIT_OK
  }
  return reportFailure(unknownCommand(argv), { io, screen, command: group?.name ?? '', isDebugging: false })
}

async function runCommand(command: CommandSpec, argv: readonly string[], io: Io): Promise<number> {
  const options = optionsOf(command)
  const isJson = command.json !== undefined && before(argv, '--json')
  const screen = new Screen(io, { isJson, colours: colourChoice(argv) })
  const context = { io, screen, command: command.name, isDebugging: before(argv, '--debug') }
  let session: Promise<Session> | undefined
  try {
    const args = parseArguments(command, options as OptionSpec[], argv)
    if (args.has('help')) {
      const { commandHelp } = await import('./docs/help.ts')
      for (const line of commandHelp(command, screen)) printLine(io.stdout, line)
      return EXIT_OK
    }
    const open = () => (session ??= import('./session.ts').then(({ openSession }) => openSession(args, io)))
    const { run } = await command.load()
    return (await run({ args, io, screen, open })) ?? EXIT_OK
  } catch (error) {
    return reportFailure(error, context)
  } finally {
    await session?.then(
      (opened) => opened.close(),
      () => {},
    )
    await io.stdout.drained().catch((error: unknown) => {
      if (!isBrokenPipe(error)) throw error
    })
  }
}

function unknownCommand(argv: readonly string[]): UsageProblem {
  const [first = '', second = ''] = argv
  if (first.startsWith('-')) return new UsageProblem(`a command comes first, then ${first}`)
  const group = GROUPS.find(({ name }) => name === first)
  const shown = COMMANDS.filter(({ isHidden }) => isHidden !== true)
  if (group !== undefined) {
    const words = shown.filter(({ name }) => name.startsWith(`${group.name} `)).map(({ name }) => name.split(' ')[1]!)
    return new UsageProblem(
      `ottla ${group.name} has no '${second}'.${didYouMean(second, words) || ` There are ${words.join(', ')}.`}`,
    )
  }
  const names = [...new Set(shown.map(({ name }) => name.split(' ')[0]!))]
  return new UsageProblem(`there is no command '${first}'.${didYouMean(first, names)}`)
}

/** The option decides how a wrong command line is told of, too. */
function colourChoice(argv: readonly string[]): ColourChoice {
  const at = argv.findIndex((word) => word === '--color' || word.startsWith('--color='))
  const choice = at === -1 ? undefined : argv[at] === '--color' ? argv[at + 1] : argv[at]!.slice('--color='.length)
  return choice === 'always' || choice === 'never' ? choice : 'auto'
}

function before(argv: readonly string[], option: string): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).includes(option)
}
