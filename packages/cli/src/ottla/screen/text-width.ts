/** How many columns of a terminal a text takes, and text that is safe to show there. */

/** East Asian wide and full-width characters, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
/** Takes no column of its own. */
const ZERO = /\p{Mn}|\p{Me}|\p{Cf}|\ufe0f|\u200d/u
// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one.
const COLOUR = /\u001b\[[0-9;]*m/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|[\u202a-\u202e\u2066-\u2069]/g
const PLAIN = /^[\u0020-\u007e]*$/

/** Columns; colours take none. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const character of text.replace(COLOUR, '')) width += characterWidth(character)
  return width
}

/** Cut to `width` columns, with an ellipsis where something was cut: in the middle, since names differ at both ends. For text without colours. */
export function fitText(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  const characters = [...text]
  const tailWidth = Math.floor((width - 1) / 3)
  const head = taken(characters, width - 1 - tailWidth)
  const tail = taken(characters.reverse(), tailWidth)
  return `${head.join('')}…${tail.reverse().join('')}`
}

/** As many from the beginning as fit. */
function taken(characters: readonly string[], width: number): string[] {
  const found: string[] = []
  let used = 0
  for (const character of characters) {
    used += characterWidth(character)
    if (used > width) break
    found.push(character)
  }
  return found
}

/** With control characters made visible: what comes out of a topic must not steer the terminal. Line breaks and tabs stay. */
export function harmless(text: string): string {
  return PLAIN.test(text) ? text : text.replace(CONTROL, (character) => escaped(character))
}

/** On one line, too. */
export function oneLine(text: string): string {
  return harmless(text).replace(/\r?\n/g, '\\n').replaceAll('\t', '\\t')
}

function characterWidth(character: string): number {
  if (ZERO.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
