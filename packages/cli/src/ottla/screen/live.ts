/** Text that is shown again and again in the same place of a terminal; elsewhere each is printed below the last. */
import type { Env } from '@ottla/env'
import type { Output } from '../../io.ts'
import { fitText, textWidth } from './text-width.ts'

export class LiveText {
  readonly #output: Output
  #shownLines = 0

  constructor(output: Output) {
    this.#output = output
  }

  show(lines: readonly string[]): void {
    const { columns } = this.#output
    if (columns === undefined) {
      this.#output.write(`${lines.join('\n')}\n`)
      return
    }
    const up = this.#shownLines === 0 ? '' : `\u001b[${this.#shownLines}A`
    // A line that wrapped would be two, and the next picture would begin too low.
    const fitting = lines.map((line) => (textWidth(line) > columns ? fitText(uncoloured(line), columns) : line))
    this.#output.write(`${up}\u001b[J${fitting.join('\n')}\n`)
    this.#shownLines = lines.length
  }
}

/** Resolves when the time is over; rejects when the signal aborts. */
export function pause({ timers }: Pick<Env, 'timers'>, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      timer.cancel()
      reject(signal.reason)
    }
    const timer = timers.after(ms, () => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
}

function uncoloured(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one.
  return line.replace(/\u001b\[[0-9;]*m/g, '')
}
