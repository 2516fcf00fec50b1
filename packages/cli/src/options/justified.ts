/**
 * Text in lines of 75 characters, stretched to both margins, as the parser wraps messages that some of Kafka's tools use (argparse4j).
 * The white space behind a word counts too, and the end of the line behind the last one. Lines may end at a space, behind a hyphen or a punctuation mark, and before an opening bracket.
 */
const WIDTH = 75

export function justified(text: string): string {
  const lines: string[] = []
  let line = ''
  for (const piece of `${text}\n`.split(BREAKS)) {
    if (line !== '' && (line + piece).length > WIDTH) {
      lines.push(stretched(line.trimEnd()))
      line = ''
    }
    line += piece
  }
  return [...lines, line.trimEnd()].join('\n')
}

const BREAKS = /(?<=\s)(?=\S)|(?<=-)(?=[^-\s])|(?<=[.:,;!])(?=[A-Za-z])|(?<=:)(?=\d)|(?<=[^\s[])(?=\[)/

/** What is missing is spread over the gaps; what does not go round goes to those in the middle. */
function stretched(line: string): string {
  const words = line.split(' ')
  const gaps = words.length - 1
  if (gaps === 0) return line
  const missing = WIDTH - line.length
  const all = Math.floor(missing / gaps)
  const some = missing % gaps
  const first = Math.ceil((gaps - some) / 2)
  let out = words[0]!
  for (let gap = 0; gap < gaps; gap += 1) {
    const extra = gap >= first && gap < first + some ? 1 : 0
    out += ' '.repeat(1 + all + extra) + words[gap + 1]!
  }
  return out
}
