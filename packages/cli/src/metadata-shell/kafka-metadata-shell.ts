/** kafka-metadata-shell: walks through the metadata of a cluster, as a snapshot or the log itself holds it. */
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { type Io, printLine } from '../io.ts'
import { defineArgparseTool } from '../options/argparse.ts'
import { stopCode } from '../shared/stop-code.ts'
import { metadataTree } from './metadata-tree.ts'
import { readMetadata } from './read-metadata.ts'
import { completions, runLine, type ShellState, wordsOf } from './shell-commands.ts'

const PROMPT = '>> '

/** Runs kafka-metadata-shell. */
export const run = defineArgparseTool({
  name: 'kafka-metadata-shell',
  purpose:
    "Walks through the metadata of a cluster. Without a command it reads commands from its input; 'help' lists them.",
  bare: 'error',
  arguments: [
    {
      flag: '--snapshot',
      short: '-s',
      type: 'String',
      metavar: 'SNAPSHOT',
      isRequired: true,
      description: 'Snapshot, segment of the metadata log, or the folder that holds them.',
    },
    {
      flag: '--directory',
      short: '-d',
      type: 'String',
      metavar: 'DIRECTORY',
      description: 'The same as --snapshot.',
      isHidden: true,
      standsFor: '--snapshot',
    },
    { flag: 'command', type: 'String', metavar: 'command', description: 'Command to run, with its arguments.' },
  ],
  async run(args, io) {
    const words = args.texts('command')
    if (words.length === 0) printLine(io.stdout, 'Loading...')
    const { image, provenance } = readMetadata(args.text('--snapshot')!, io)
    const state: ShellState = {
      root: metadataTree(image, provenance),
      workingFolder: [],
      width: io.terminal === undefined ? null : (io.stdout.columns ?? null),
      history: [],
      isOver: false,
    }
    if (words.length > 0) {
      runLine(words, state, { isInteractive: false, print: (line) => printLine(io.stdout, line) })
      return 0
    }
    printLine(io.stdout, 'Starting...')
    printLine(io.stdout, '[ Kafka Metadata Shell ]')
    await converse(state, io)
    return io.signal.aborted ? stopCode(io.signal) : 0
  },
})

/** Reads commands until the input ends. At a terminal lines can be edited, and the tabulator completes. */
async function converse(state: ShellState, io: Io): Promise<void> {
  const { terminal } = io
  const lines = createInterface(
    terminal === undefined
      ? { input: Readable.from(io.stdin), terminal: false, signal: io.signal }
      : { ...terminal, prompt: PROMPT, signal: io.signal, completer: (line: string) => completions(line, state) },
  )
  const ask = () => (terminal === undefined ? io.stdout.write(PROMPT) : lines.prompt())
  const write = terminal === undefined ? io.stdout : terminal.output
  const print = (line: string) => void write.write(`${line}\n`)
  await io.stdout.drained()
  ask()
  for await (const line of lines) {
    const words = wordsOf(line)
    if (words.length > 0) state.history.push(line.trim())
    runLine(words, state, { isInteractive: true, print })
    if (state.isOver) break
    ask()
  }
  lines.close()
}
