/** From a line of input to a record: `headers⇥key⇥value`, of which headers and key are there only when asked for. */
import type { Properties } from '../shared/client-properties.ts'

export interface LineRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
}

/** A line, or the settings of the reader, are not as they must be. */
export class LineError extends Error {
  override readonly name = 'LineError'
}

export class LineReader {
  readonly #parsesKey: boolean
  readonly #parsesHeaders: boolean
  readonly #ignoresErrors: boolean
  readonly #keySeparator: string
  readonly #headersDelimiter: string
  readonly #headersSeparator: string
  readonly #headersKeySeparator: string
  readonly #nullMarker: string | null

  /** Throws LineError when two separators that meet are the same. */
  constructor(properties: Properties) {
    const isTrue = (name: string) => properties.get(name)?.trim().toLowerCase() === 'true'
    this.#parsesKey = isTrue('parse.key')
    this.#parsesHeaders = isTrue('parse.headers')
    this.#ignoresErrors = isTrue('ignore.error')
    this.#keySeparator = properties.get('key.separator') ?? '\t'
    this.#headersDelimiter = properties.get('headers.delimiter') ?? '\t'
    this.#headersSeparator = properties.get('headers.separator') ?? ','
    this.#headersKeySeparator = properties.get('headers.key.separator') ?? ':'
    this.#nullMarker = properties.get('null.marker') ?? null
    this.#checkSeparators()
  }

  /** `lineNumber` counts from 1. Throws LineError, unless errors are to be ignored. */
  parse(bytes: Buffer, lineNumber: number): LineRecord {
    if (!this.#parsesKey && !this.#parsesHeaders) {
      return { key: null, value: this.#nullMarker === null ? bytes : this.#bytes(bytes.toString('utf8')), headers: [] }
    }
    const line = bytes.toString('utf8')
    const headersText = this.#parsesHeaders
      ? this.#part(line, { from: 0, separator: this.#headersDelimiter, what: 'headers delimiter', lineNumber })
      : null
    const keyFrom = headersText === null ? 0 : headersText.length + this.#headersDelimiter.length
    const keyText = this.#parsesKey
      ? this.#part(line, { from: keyFrom, separator: this.#keySeparator, what: 'key separator', lineNumber })
      : null
    const valueFrom = keyText === null ? keyFrom : keyFrom + keyText.length + this.#keySeparator.length
    return {
      key: keyText === null ? null : this.#bytes(keyText),
      value: this.#bytes(line.slice(valueFrom)),
      headers: headersText === null ? [] : this.#headers(headersText, lineNumber),
    }
  }

  /** The text up to the separator; null when it is not there and errors are ignored. */
  #part(line: string, where: { from: number; separator: string; what: string; lineNumber: number }): string | null {
    const end = line.indexOf(where.separator, where.from)
    if (end !== -1) return line.slice(where.from, end)
    if (this.#ignoresErrors) return null
    throw new LineError(`No ${where.what} found on line number ${where.lineNumber}: '${line}'`)
  }

  #headers(text: string, lineNumber: number): LineRecord['headers'] {
    if (this.#nullMarker !== null && text === this.#nullMarker) return []
    return text.split(this.#headersSeparator).map((pair) => {
      const at = pair.indexOf(this.#headersKeySeparator)
      if (at !== -1) {
        return { key: pair.slice(0, at), value: this.#bytes(pair.slice(at + this.#headersKeySeparator.length)) }
      }
      if (this.#ignoresErrors) return { key: pair, value: null }
      throw new LineError(`No header key separator found in pair '${pair}' on line number ${lineNumber}`)
    })
  }

  #bytes(text: string): Buffer | null {
    return text === this.#nullMarker ? null : Buffer.from(text, 'utf8')
  }

  #checkSeparators(): void {
    const marker = this.#nullMarker
    if (this.#parsesHeaders) {
      differ('headers.delimiter', this.#headersDelimiter, 'headers.separator', this.#headersSeparator)
      differ('headers.delimiter', this.#headersDelimiter, 'headers.key.separator', this.#headersKeySeparator)
      differ('headers.separator', this.#headersSeparator, 'headers.key.separator', this.#headersKeySeparator)
    }
    if (marker === null) return
    differ('null.marker', marker, 'key.separator', this.#keySeparator)
    differ('null.marker', marker, 'headers.separator', this.#headersSeparator)
    differ('null.marker', marker, 'headers.delimiter', this.#headersDelimiter)
    differ('null.marker', marker, 'headers.key.separator', this.#headersKeySeparator)
  }
}

function differ(nameA: string, a: string, nameB: string, b: string): void {
  if (a === b) throw new LineError(`${nameA} and ${nameB} may not be equal`)
}
