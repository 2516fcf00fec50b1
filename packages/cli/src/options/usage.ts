/** The list of options that stands below a usage error and in the help: two columns on 80 characters. */
import type { OptionSpec, OptionTable } from './option-spec.ts'

const WIDTH = 80
const LEFT_MAX = 39
const GAP = 2
const INDENT = 2

export function formatUsage(table: OptionTable): string {
  const shown = table.filter(({ isHidden }) => isHidden !== true).sort((a, b) => (a.name < b.name ? -1 : 1))
  const left = Math.min(LEFT_MAX, Math.max(...shown.map((spec) => signature(spec).length)))
  const right = WIDTH - left - GAP
  const title = table.some(({ isRequired }) => isRequired === true) ? 'Option (* = required)' : 'Option'
  const rows = [
    row([title], ['Description'], left),
    row(['-'.repeat(title.length)], ['-----------'], left),
    ...shown.map((spec) => row(wrap(signature(spec), left), wrap(description(spec), right), left)),
  ]
  return `${rows.join('\n')}\n`
}

function signature({ name: bare, argument, isRequired }: OptionSpec): string {
  const name = `${isRequired === true ? '* ' : ''}--${bare}`
  if (argument === undefined) return name
  const type = argument.typeLabel ?? argument.type ?? 'String'
  const label = argument.label === '' ? type : `${type}: ${argument.label}`
  return argument.isOptional === true ? `${name} [${label}]` : `${name} <${label}>`
}

function description(spec: OptionSpec): string {
  return spec.default === undefined ? spec.description : `${spec.description} (default: ${spec.default})`
}

function row(left: readonly string[], right: readonly string[], leftWidth: number): string {
  const lines: string[] = []
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const line = `${(left[at] ?? '').padEnd(leftWidth + GAP)}${right[at] ?? ''}`
    lines.push(line.trimEnd())
  }
  return lines.join('\n')
}

/** Lines of at most `width`; those after the first are indented. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line === '' || line.trim() === '') line += word
    else if (line.length + 1 + word.length <= width) line += ` ${word}`
    else {
      lines.push(line)
      line = ' '.repeat(INDENT) + word
    }
  }
  lines.push(line)
  return lines
}
