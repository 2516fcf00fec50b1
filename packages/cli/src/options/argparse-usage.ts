/** Usage and help of tools that read their command line by {@link defineArgparseTool}. */
import type { ArgumentSpec } from './argparse.ts'

const WIDTH = 75
const HELP_COLUMN = 25
/** A longer name stands on a line of its own. */
const NAME_MAX = 28
const OWN_LINE_INDENT = 7

/** `more`: what stands behind the arguments. */
export function argparseUsage(name: string, specs: readonly ArgumentSpec[], more: readonly string[] = []): string {
  const head = `usage: ${name}`
  const isOwnLine = head.length > NAME_MAX
  const indent = isOwnLine ? OWN_LINE_INDENT : head.length + 1
  const lines: string[] = []
  let line = ''
  for (const word of [...words(specs), ...more]) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? word : ` ${word}`
  }
  lines.push(line)
  const [first, ...rest] = isOwnLine ? ['', ...lines] : lines
  return `${[`${head} ${first}`.trimEnd(), ...rest.map((text) => ' '.repeat(indent) + text)].join('\n')}\n`
}

export function argparseHelp(usage: string, purpose: string, specs: readonly ArgumentSpec[]): string {
  const lines = [usage, purpose, '']
  const shown = specs.filter(({ isHidden }) => isHidden !== true)
  const sections: [string, ArgumentSpec[]][] = [
    ['positional arguments:', shown.filter(({ flag }) => !flag.startsWith('-'))],
    ['optional arguments:', shown.filter(({ flag }) => flag.startsWith('-'))],
  ]
  for (const [title, part] of sections) {
    if (part.length === 0) continue
    lines.push(title)
    for (const spec of part) {
      const names = spec.short === undefined ? spec.flag : `${spec.short}, ${spec.flag}`
      const left = `  ${names}${isPositional(spec) ? '' : value(spec)}`
      const standard = spec.default === undefined ? '' : ` (default: ${spec.default})`
      const [first = '', ...rest] = wrapped(`${spec.description}${standard}`, WIDTH - HELP_COLUMN)
      if (left.length < HELP_COLUMN - 1) lines.push(`${left.padEnd(HELP_COLUMN)}${first}`)
      else lines.push(left, ' '.repeat(HELP_COLUMN) + first)
      for (const line of rest) lines.push(' '.repeat(HELP_COLUMN) + line)
    }
    lines.push('')
  }
  return `${lines.join('\n').trimEnd()}\n`
}

/** What must not be torn apart. Alternatives stand at the end, in brackets. */
function words(specs: readonly ArgumentSpec[]): string[] {
  const shown = specs.filter(({ isHidden }) => isHidden !== true)
  const single = shown.filter(({ isAlternative, flag }) => isAlternative !== true && flag.startsWith('-'))
  const alternatives = shown.filter(({ isAlternative }) => isAlternative === true)
  const last = alternatives.length - 1
  return [
    ...single.map((spec) => (spec.isRequired === true ? withValue(spec) : `[${withValue(spec)}]`)),
    ...alternatives.map((spec, at) => {
      if (last === 0) return withValue(spec)
      return `${at === 0 ? '(' : ''}${withValue(spec)}${at === last ? ')' : ' |'}`
    }),
    ...shown.filter(isPositional).map(({ flag }) => `[${flag} [${flag} ...]]`),
  ]
}

function isPositional({ flag }: ArgumentSpec): boolean {
  return !flag.startsWith('-')
}

function withValue(spec: ArgumentSpec): string {
  return `${spec.flag === '--help' ? spec.short : spec.flag}${value(spec)}`
}

function value({ type, metavar = '', isMany, choices }: ArgumentSpec): string {
  if (type === undefined) return ''
  const label = choices === undefined ? metavar : `{${choices.join(',')}}`
  return isMany === true ? ` ${label} [${label} ...]` : ` ${label}`
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? word : ` ${word}`
  }
  return [...lines, line]
}
