/** What a person answers to questions of a tool, line by line. */
import type { Io } from '../io.ts'

export class Answers {
  readonly #lines: AsyncIterator<Buffer>
  #text = ''

  constructor({ stdin }: Io) {
    this.#lines = stdin[Symbol.asyncIterator]()
  }

  /** The next line; null when there are no more. */
  async next(): Promise<string | null> {
    for (;;) {
      const end = this.#text.indexOf('\n')
      if (end >= 0) {
        const line = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 1)
        return line.replace(/\r$/, '')
      }
      const chunk = await this.#lines.next()
      if (chunk.done === true) {
        const rest = this.#text
        this.#text = ''
        return rest === '' ? null : rest
      }
      this.#text += chunk.value.toString('utf8')
    }
  }
}
