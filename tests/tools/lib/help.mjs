/** The help of a tool as a list of facts: which options there are, and what they take. */

/** A text with its help, if it has one, replaced. What stands before it counts when it is an error: when it was no help that was asked for. */
export function helpAsFacts(text, args) {
  const isAsked = args.length === 0 || args.includes('--help') || args.includes('-h')
  const facts = usageFacts(optionTable(text))
  return isAsked ? facts.replace(/^[\s\S]*?(?=^(?:OPTIONS|USAGE)$)/m, '') : facts
}

/** Both columns of the table of options: the left one holds the names, and goes on below when it is too long. */
function optionTable(text) {
  const header = /^Option(?: \(\* = required\))? +Description *$/m.exec(text)
  if (header === null) return text
  const left = header[0].indexOf('Description')
  const signatures = []
  const lines = text.slice(header.index).split('\n').slice(2)
  for (const line of lines) {
    const part = line.slice(0, left).trimEnd()
    if (/^(?:\* )?-/.test(part)) signatures.push(part)
    else if (part.trim() !== '' && signatures.length > 0) signatures[signatures.length - 1] += ` ${part.trim()}`
  }
  return `${text.slice(0, header.index)}OPTIONS\n${signatures.map(signatureFact).join('\n')}\n`
}

/** `--topic <String: the topic>` as `--topic <String>`. */
function signatureFact(signature) {
  const [, names, open, type] = /^((?:\* )?\S+(?:, -\S+)*)\s*(?:([<[])([\w[\],]+))?/.exec(signature)
  return open === undefined ? names : `${names} ${open}${type}`
}

/** What argparse-like tools print: the words in braces and the options, each once. */
function usageFacts(text) {
  const start = text.search(/^usage: /m)
  if (start === -1) return text
  const error = /^[\w.-]+:\s+error:[\s\S]*/m.exec(text.slice(start))?.[0] ?? ''
  // Names are broken at their hyphens, and may end a sentence.
  const help = text.slice(start, text.length - error.length).replaceAll(/-\n +/g, '-')
  const [usage, ...rest] = help.split('\n\n')
  const named = rest.join('\n').match(/^ +(?:-\w, )?--[a-z][\w.-]*/gm) ?? []
  const found = [
    ...(usage.match(/(?<![\w-])--[a-z][\w.-]*|(?<![\w-])-h\b|\{[\w,-]+\}/g) ?? []),
    ...named.map((line) => /--[\w.-]+/.exec(line)[0]),
  ]
  // Lines are stretched to both margins, and broken at hyphens too.
  const names = found.map((name) => name.replace(/[.-]+$/, ''))
  return `${text.slice(0, start)}USAGE\n${[...new Set(names)].sort().join('\n')}\n${error.replaceAll(/\s+/g, '')}`
}
