/**
 * The rules of the tidy test, each a pure function: (file) → findings. A file is {path, text, lines, isTest}.
 * TypeScript 7 has no API for other programs, so sources are read as the formatter leaves them: a block opens at the end
 * of a line and closes at the same indentation.
 */

export const fileLinesMax = 500
export const functionLinesMax = 70
export const parametersMax = 4

/** Schemas and tables: their length is the length of the truth that they hold. */
const sizeExempt = [
  /\/messages\//,
  /\/src\/index\.ts$/,
  /\/protocol\/src\/errors\.ts$/,
  /\/protocol\/src\/apis(-\w+)?\.ts$/,
  /\/(keys|tables?)\//,
  /-keys\.ts$/,
  /-table\.ts$/,
]

/** Identifiers that reach around the ports, with what to use instead. */
const banned = [
  { pattern: /\bDate\.now\b|\bnew Date\(\)/, instead: 'the Clock port' },
  { pattern: /\bMath\.random\b/, instead: 'the Random port' },
  { pattern: /\b(setTimeout|setInterval|setImmediate)\(/, instead: 'the Timers port' },
  { pattern: /\bperformance\.now\b|\bprocess\.hrtime\b/, instead: 'the Clock port' },
  {
    pattern: /\bprocess\.(env|argv|exit|stdout|stderr|stdin|memoryUsage)\b/,
    instead: 'a value passed down from the entry',
  },
  { pattern: /\bconsole\./, instead: 'the Logger port' },
  { pattern: /\bcrypto\.random|\brandomUUID\b|\brandomBytes\b/, instead: 'the Random port' },
  { pattern: /\b(read|write)BigU?[Ii]nt64[BL]E\b/, instead: 'the int64 functions of stdx' },
]

const mayReachTheWorld = ['packages/env/src/node/', 'packages/cli/src/']

export function bannedIdentifiers(file) {
  if (file.isTest || mayReachTheWorld.some((place) => file.path.startsWith(place))) return []
  const findings = []
  file.codeLines.forEach((line, index) => {
    for (const { pattern, instead } of banned) {
      const match = pattern.exec(line)
      if (match !== null) findings.push(`${file.path}:${index + 1} ${match[0]}: use ${instead}`)
    }
  })
  return findings
}

export function longFiles(file) {
  if (file.isTest || sizeExempt.some((pattern) => pattern.test(file.path))) return []
  const lines = file.lines.at(-1) === '' ? file.lines.length - 1 : file.lines.length
  return lines > fileLinesMax ? [`${file.path} has ${lines} lines, more than ${fileLinesMax}`] : []
}

/** Function bodies: {line, length, header}. */
export function functionsOf(file) {
  const found = []
  file.codeLines.forEach((line, index) => {
    if (!line.endsWith('{')) return
    const indent = line.length - line.trimStart().length
    const header = headerEndingAt(file.codeLines, index, indent)
    if (!isFunctionHeader(header)) return
    const close = closingLine(file.codeLines, index, indent)
    if (close !== -1) found.push({ line: index + 1, length: close - index + 1, header })
  })
  return found
}

function headerEndingAt(lines, index, indent) {
  const last = lines[index].trim()
  if (!last.startsWith(')')) return last
  for (let start = index - 1; start >= 0; start -= 1) {
    const line = lines[start]
    if (line.trim() !== '' && line.length - line.trimStart().length === indent) {
      return lines
        .slice(start, index + 1)
        .join(' ')
        .trim()
    }
  }
  return last
}

const notFunctions =
  /^(\}? ?else|if|for|while|switch|try|\}? ?catch|\}? ?finally|do|class|export (default )?class|abstract|interface|export interface|return \{|\{|case|default:|with)\b/
const method = /^(public |private |protected |static |async |override |get |set |\*)*#?[\w$]+(<.*>)?\(.*\).*\{$/

function isFunctionHeader(header) {
  if (/\bfunction\b/.test(header)) return true
  if (/=> \{$/.test(header)) return !/\b(test|describe|it)\(/.test(header)
  return !notFunctions.test(header) && method.test(header)
}

function closingLine(lines, index, indent) {
  const prefix = ' '.repeat(indent)
  for (let at = index + 1; at < lines.length; at += 1) {
    if (lines[at].startsWith(`${prefix}}`)) return at
  }
  return -1
}

export function longFunctions(file) {
  if (file.isTest || sizeExempt.some((pattern) => pattern.test(file.path))) return []
  return functionsOf(file)
    .filter(({ length }) => length > functionLinesMax)
    .map(({ line, length }) => `${file.path}:${line} function of ${length} lines, more than ${functionLinesMax}`)
}

export function manyParameters(file) {
  if (file.isTest) return []
  const findings = []
  for (const { line, header } of functionsOf(file)) {
    const parameters = parametersOf(header)
    if (parameters.length > parametersMax) {
      findings.push(
        `${file.path}:${line} ${parameters.length} parameters, more than ${parametersMax}: use an options object`,
      )
    }
  }
  return findings
}

export function booleanParameters(file) {
  if (file.isTest) return []
  const findings = []
  for (const { line, header } of functionsOf(file)) {
    if (/\bset [\w$]+\(|asserts condition/.test(header)) continue
    for (const parameter of parametersOf(header)) {
      if (/^\w+\??: boolean$/.test(parameter))
        findings.push(`${file.path}:${line} boolean parameter '${parameter}': split the function or use a named kind`)
    }
  }
  return findings
}

function parametersOf(header) {
  const open = header.search(/\(/)
  if (open === -1) return []
  let depth = 0
  let current = ''
  const parameters = []
  for (const character of header.slice(open)) {
    if ('([{<'.includes(character)) depth += 1
    if (')]}>'.includes(character) && !current.endsWith('=')) depth -= 1
    if (depth === 0) break
    if (depth === 1 && character === ',') {
      parameters.push(current)
      current = ''
    } else if (!(depth === 1 && character === '(' && current === '')) current += character
  }
  parameters.push(current)
  return parameters.map((parameter) => parameter.trim()).filter((parameter) => parameter !== '')
}

export function promises(file) {
  return file.lines.flatMap((line, index) =>
    /\b(TODO|FIXME|XXX|HACK)\b/.test(line) ? [`${file.path}:${index + 1} a word that promises later work`] : [],
  )
}

export function exportStar(file) {
  return file.codeLines.flatMap((line, index) =>
    /^export \* from/.test(line) ? [`${file.path}:${index + 1} export *: list the names`] : [],
  )
}

const vague = /\b(class|interface|type|function) \w*(Manager|Helper|Utils?)\b/

export function vagueNames(file) {
  return file.codeLines.flatMap((line, index) =>
    vague.test(line) ? [`${file.path}:${index + 1} ${vague.exec(line)[0]}: name what it is`] : [],
  )
}
