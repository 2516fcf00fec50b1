/** What a command shows: text for a person, or JSON for a program. */
import { type Io, printLine } from '../../io.ts'
import { untilAborted } from '../until-aborted.ts'
import { Failure } from '../usage-problem.ts'
import { noProgress, type Progress, ProgressLine, type ProgressOptions } from './progress.ts'
import { type ColourChoice, colourStyle, hasColours, plainStyle, type Style } from './style.ts'
import { type Column, formatPairs, formatTable } from './table.ts'
import { harmless } from './text-width.ts'

export interface ScreenOptions {
  readonly isJson: boolean
  readonly colours: ColourChoice
}

export class Screen {
  readonly #io: Io
  /** Standard output is for a program: nothing but JSON goes there. */
  readonly isJson: boolean
  /** Of standard output. */
  readonly style: Style
  /** Of standard error. */
  readonly errorStyle: Style

  constructor(io: Io, options: ScreenOptions) {
    this.#io = io
    this.isJson = options.isJson
    const styleOf = (columns: number | undefined) =>
      hasColours(options.colours, io.variables, columns) ? colourStyle : plainStyle
    this.style = styleOf(io.stdout.columns)
    this.errorStyle = styleOf(io.stderr.columns)
  }

  /** Columns of the terminal; undefined when standard output goes elsewhere. */
  get columns(): number | undefined {
    return this.#io.stdout.columns
  }

  /** A line of text for a person; left out under --json. */
  say(text: string): void {
    if (!this.isJson) printLine(this.#io.stdout, text)
  }

  /** The value that --json promises: an array has a line for each element. */
  json(value: unknown): void {
    if (this.isJson) this.#io.stdout.write(jsonText(value))
  }

  /** One line of a stream of values. */
  jsonLine(value: unknown): void {
    printLine(this.#io.stdout, JSON.stringify(value))
  }

  table<T>(columns: readonly Column<T>[], rows: readonly T[]): void {
    if (this.isJson) return
    for (const line of formatTable(columns, rows, this)) this.say(line)
  }

  pairs(pairs: readonly (readonly [string, string | number | null])[]): void {
    if (this.isJson) return
    for (const line of formatPairs(pairs, this)) this.say(line)
  }

  heading(text: string): void {
    this.say(this.style.bold(text))
  }

  /** Beside the output: on standard error, in the JSON mode too. */
  warn(text: string): void {
    printLine(this.#io.stderr, `${this.errorStyle.yellow('warning:')} ${harmless(text)}`)
  }

  /** What a person at a terminal may like to know, and no script. */
  remark(text: string): void {
    if (this.#io.stderr.columns !== undefined) printLine(this.#io.stderr, this.errorStyle.dim(harmless(text)))
  }

  progress(options: ProgressOptions): Progress {
    const { stderr: output, env } = this.#io
    if (output.columns === undefined) return noProgress
    return new ProgressLine({ output, clock: env.clock, style: this.errorStyle }, options)
  }

  /** Asks on the terminal. Throws {@link Failure} when the answer is no, or when nobody is there to ask. */
  async confirm(question: string, isAgreed: { readonly yes: boolean }): Promise<void> {
    if (isAgreed.yes) return
    if (!this.#io.isStdinTerminal || this.#io.stderr.columns === undefined) {
      throw new Failure(`nobody is there to ask, so nothing was done: ${question}`, { hint: 'Give --yes to go ahead.' })
    }
    this.#io.stderr.write(`${question} ${this.errorStyle.bold('[y/N]')} `)
    if (!/^y(es)?$/i.test((await firstLine(this.#io)).trim())) throw new Failure('Nothing was done.')
  }
}

/** Small values stand on a line each, so that they can be read and compared. */
function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** Without its line end. */
export async function firstLine({ stdin, signal }: Io): Promise<string> {
  let text = ''
  for await (const chunk of untilAborted(stdin, signal)) {
    text += chunk.toString('utf8')
    if (text.includes('\n')) break
  }
  return text.split('\n', 1)[0]!
}
