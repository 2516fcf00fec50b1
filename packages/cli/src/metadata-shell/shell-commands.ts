/** The commands of kafka-metadata-shell. */
import { type FoundNode, findNodes } from './glob.ts'
import type { ShellFolder, ShellNode } from './shell-node.ts'

export interface ShellState {
  readonly root: ShellFolder
  /** Names from the root. */
  workingFolder: readonly string[]
  /** Columns of the screen. Null: names stand one below the other. */
  readonly width: number | null
  /** Lines that were entered. */
  readonly history: string[]
  isOver: boolean
}

export interface ShellCommand {
  readonly description: string
  /** What the arguments are called, and how many there may be. */
  readonly argument?: { readonly name: string; readonly count: '?' | '*' | '+' | '1'; readonly description: string }
  /** Only for people who type, or lines from a pipe. */
  readonly isShellOnly: boolean
  readonly run: (args: readonly string[], state: ShellState, print: (line: string) => void) => void
}

const COLUMN_GAP = 2
const HISTORY_WIDTH = 5

export const SHELL_COMMANDS: Readonly<Record<string, ShellCommand>> = {
  cat: {
    description: 'Prints what is in leaves.',
    argument: { name: 'targets', count: '+', description: 'Paths of leaves.' },
    isShellOnly: false,
    run: cat,
  },
  cd: {
    description: 'Goes to another folder.',
    argument: { name: 'target', count: '?', description: 'Path of the folder. Default: the root.' },
    isShellOnly: true,
    run: cd,
  },
  exit: {
    description: 'Ends the shell.',
    isShellOnly: true,
    run: (_, state) => {
      state.isOver = true
    },
  },
  find: {
    description: 'Lists all that is below.',
    argument: { name: 'paths', count: '*', description: 'Where to begin. Default: here.' },
    isShellOnly: false,
    run: find,
  },
  help: { description: 'Shows this list.', isShellOnly: true, run: (_args, _state, print) => help(print) },
  history: {
    description: 'Lists what was entered.',
    argument: { name: 'numEntriesToShow', count: '?', description: 'So many of the last ones.' },
    isShellOnly: true,
    run: history,
  },
  ls: {
    description: 'Lists folders.',
    argument: { name: 'targets', count: '*', description: 'Paths. Default: here.' },
    isShellOnly: false,
    run: ls,
  },
  man: {
    description: 'Explains a command.',
    argument: { name: 'cmd', count: '1', description: 'The command.' },
    isShellOnly: true,
    run: man,
  },
  pwd: {
    description: 'Prints the path of this folder.',
    isShellOnly: true,
    run: (_, { workingFolder }, print) => print(`/${workingFolder.join('/')}`),
  },
  tree: {
    description: 'Prints all that is below, leaves with their contents.',
    argument: { name: 'targets', count: '+', description: 'Paths.' },
    isShellOnly: false,
    run: tree,
  },
}

/** Runs a line. What is wrong with it is printed too. */
export function runLine(
  words: readonly string[],
  state: ShellState,
  { isInteractive, print }: { readonly isInteractive: boolean; readonly print: (line: string) => void },
): void {
  const [name, ...args] = words
  if (name === undefined) return
  const known = Object.keys(SHELL_COMMANDS).filter((key) => isInteractive || !SHELL_COMMANDS[key]!.isShellOnly)
  if (!known.includes(name)) {
    const near = known.filter((key) => key.startsWith(name))
    if (near.length === 1) print(`invalid choice: '${name}': did you mean '${near[0]}'?`)
    else print(`invalid choice: '${name}' (choose from ${known.map((key) => `'${key}'`).join(', ')})`)
    return
  }
  const command = SHELL_COMMANDS[name]!
  const problem = problemWith(args, command)
  if (problem === null) command.run(args, state, print)
  else print(problem)
}

function problemWith(args: readonly string[], { argument }: ShellCommand): string | null {
  const option = args.find((arg) => arg.startsWith('-') && !/^-\d+$/.test(arg) && arg !== '-')
  if (option !== undefined) return `unrecognized arguments: '${option}'`
  const max = argument === undefined ? 0 : argument.count === '?' || argument.count === '1' ? 1 : args.length
  if (args.length > max) return `unrecognized arguments: '${args[max]}'`
  const min = argument?.count === '+' || argument?.count === '1' ? 1 : 0
  return args.length < min ? 'too few arguments' : null
}

function cat(targets: readonly string[], state: ShellState, print: (line: string) => void): void {
  for (const target of targets) {
    const found = findNodes(state.root, target, state.workingFolder)
    if (found.length === 0) print(`cat: ${target}: No such file or directory.`)
    for (const { node } of found) print(node.kind === 'leaf' ? node.text : `cat: ${target}: Is a directory`)
  }
}

function cd([target]: readonly string[], state: ShellState, print: (line: string) => void): void {
  const [found] = findNodes(state.root, target ?? '/', state.workingFolder)
  if (found === undefined) print(`cd: ${target}: no such directory.`)
  else if (found.node.kind === 'leaf') print(`cd: ${target}: not a directory.`)
  else state.workingFolder = found.path
}

function find(paths: readonly string[], state: ShellState, print: (line: string) => void): void {
  for (const path of paths.length === 0 ? ['.'] : paths) {
    const found = findNodes(state.root, path, state.workingFolder)
    if (found.length === 0) print(`find: ${path}: no such file or directory.`)
    for (const { node } of found) walk(path, node, print)
  }
}

function walk(path: string, node: ShellNode, print: (line: string) => void): void {
  print(path)
  if (node.kind === 'leaf') return
  for (const name of node.names()) walk(path.endsWith('/') ? path + name : `${path}/${name}`, node.child(name)!, print)
}

function history([count]: readonly string[], state: ShellState, print: (line: string) => void): void {
  if (count !== undefined && !/^-?\d+$/.test(count)) {
    print(`argument numEntriesToShow: could not convert '${count}' to Integer (For input string: "${count}")`)
    return
  }
  const first = count === undefined ? 0 : Math.max(0, state.history.length - Math.max(0, Number(count)))
  for (const [at, line] of state.history.entries()) {
    if (at >= first) print(`${String(at).padStart(HISTORY_WIDTH)}  ${line}`)
  }
}

function ls(targets: readonly string[], state: ShellState, print: (line: string) => void): void {
  const leaves: string[] = []
  const folders: { readonly name: string; readonly names: readonly string[] }[] = []
  for (const target of targets.length === 0 ? ['.'] : targets) {
    const found = findNodes(state.root, target, state.workingFolder)
    if (found.length === 0) print(`ls: ${target}: no such file or directory.`)
    for (const item of found) {
      if (item.node.kind === 'leaf') leaves.push(lastName(item))
      else folders.push({ name: lastName(item), names: item.node.names() })
    }
  }
  const isBare = folders.length === 1 && leaves.length === 0
  printNames(leaves, state.width, print)
  for (const [at, { name, names }] of folders.entries()) {
    if (at > 0 || leaves.length > 0) print('')
    if (!isBare) print(`${name}:`)
    printNames(names, state.width, print)
  }
}

function lastName({ path }: FoundNode): string {
  return path.at(-1) ?? '/'
}

function printNames(names: readonly string[], width: number | null, print: (line: string) => void): void {
  if (width === null) {
    for (const name of names) print(name)
    return
  }
  const columns = columnsFor(names, width)
  const rows = Math.ceil(names.length / Math.max(1, columns.length))
  for (let row = 0; row < rows; row += 1) {
    const cells = columns.flatMap((size, at) => {
      const name = names[at * rows + row]
      return name === undefined ? [] : [name.padEnd(size)]
    })
    print(cells.join('').trimEnd())
  }
}

/** Widths of as many columns as fit, filled from above to below. */
function columnsFor(names: readonly string[], width: number): number[] {
  for (let count = names.length; count > 1; count -= 1) {
    const rows = Math.ceil(names.length / count)
    const used = Math.ceil(names.length / rows)
    const sizes = Array.from(
      { length: used },
      (_, at) => Math.max(...names.slice(at * rows, (at + 1) * rows).map(({ length }) => length)) + COLUMN_GAP,
    )
    if (sizes.reduce((sum, size) => sum + size, 0) <= width) return sizes
  }
  return names.length === 0 ? [] : [Math.max(...names.map(({ length }) => length))]
}

function tree(targets: readonly string[], state: ShellState, print: (line: string) => void): void {
  for (const target of targets) {
    const found = findNodes(state.root, target, state.workingFolder)
    if (found.length === 0) print(`tree: ${target}: No such file or directory.`)
    for (const { node } of found) printTree(node, '', print)
  }
}

function printTree(node: ShellNode, indent: string, print: (line: string) => void): void {
  if (node.kind === 'leaf') {
    print(indent + node.text)
    return
  }
  for (const name of node.names()) {
    print(`${indent}${name}:`)
    printTree(node.child(name)!, `${indent}  `, print)
  }
}

function help(print: (line: string) => void): void {
  const names = Object.keys(SHELL_COMMANDS)
  print('Welcome to the Apache Kafka metadata shell.')
  print('')
  print(`usage:  {${names.join(',')}} ...`)
  print('')
  print('positional arguments:')
  print(`  {${names.join(',')}}`)
  for (const name of names) print(`    ${name.padEnd(21)}${SHELL_COMMANDS[name]!.description}`)
}

function man([name = '']: readonly string[], _: ShellState, print: (line: string) => void): void {
  const command = SHELL_COMMANDS[name]
  if (command === undefined) {
    print(`man: unknown command ${name}. Type help to get a list of commands.`)
    return
  }
  const { argument } = command
  print(`${name}: ${command.description}`)
  print('')
  const usages = { '?': '[X]', '*': '[X [X ...]]', '+': 'X [X ...]', '1': 'X' }
  print(`usage: ${name}${argument === undefined ? '' : ` ${usages[argument.count].replaceAll('X', argument.name)}`}`)
  if (argument === undefined) return
  print('')
  print('positional arguments:')
  print(`  ${argument.name.padEnd(23)}${argument.description}`)
}

/** What the last word of the line may become, and that word. */
export function completions(line: string, state: ShellState): [string[], string] {
  const words = line.trimStart().split(/\s+/)
  const last = words.at(-1) ?? ''
  if (words.length < 2) return [Object.keys(SHELL_COMMANDS).filter((name) => name.startsWith(last)), last]
  const slash = last.lastIndexOf('/') + 1
  const [above] = findNodes(state.root, last.slice(0, slash) || '.', state.workingFolder)
  if (above === undefined || above.node.kind === 'leaf') return [[], last]
  const { node } = above
  const names = node.names().filter((name) => name.startsWith(last.slice(slash)))
  return [names.map((name) => `${last.slice(0, slash)}${name}${node.child(name)?.kind === 'folder' ? '/' : ''}`), last]
}

/** Words of a line; quotes and backslashes keep blanks. */
export function wordsOf(line: string): string[] {
  const words: string[] = []
  let word: string | null = null
  let quote = ''
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at]!
    if (letter === '\\' && quote !== "'" && at + 1 < line.length) word = (word ?? '') + line[++at]
    else if (quote !== '') {
      if (letter === quote) quote = ''
      else word = (word ?? '') + letter
    } else if (letter === '"' || letter === "'") {
      quote = letter
      word ??= ''
    } else if (/\s/.test(letter)) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + letter
  }
  if (word !== null) words.push(word)
  return words
}
