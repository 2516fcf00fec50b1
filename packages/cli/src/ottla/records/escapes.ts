/** `\n`, `\t`, `\x00` and the like in delimiters and formats, as kcat has them. */
import { UsageProblem } from '../usage-problem.ts'

const LETTERS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '0': '\0', '\\': '\\' }

/** Bytes, since \x80 is one byte and no character. Throws {@link UsageProblem}. */
export function unescaped(text: string): Buffer {
  const parts: Buffer[] = []
  let plain = ''
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!
    if (character !== '\\') {
      plain += character
      continue
    }
    at += 1
    const letter = text[at] ?? ''
    if (letter === 'x') {
      const code = text.slice(at + 1, at + 3)
      if (!/^[0-9a-fA-F]{2}$/.test(code)) throw new UsageProblem(`\\x takes two hexadecimal digits, in '${text}'`)
      parts.push(Buffer.from(plain), Buffer.from(code, 'hex'))
      plain = ''
      at += 2
    } else plain += LETTERS[letter] ?? `\\${letter}`
  }
  return Buffer.concat([...parts, Buffer.from(plain)])
}
