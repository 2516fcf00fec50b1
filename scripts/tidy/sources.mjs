/** The sources that the tidy test looks at, read once. */
import { basename } from 'node:path'
import { filesBelow, packageNames, readText } from '../lib/workspace.mjs'

export function sources() {
  return packageNames().flatMap((name) =>
    [...filesBelow(`packages/${name}/src`)]
      .filter((path) => path.endsWith('.ts'))
      .map((path) => sourceFile(path, name, readText(path))),
  )
}

export function sourceFile(path, packageName, text) {
  const lines = text.split('\n')
  return {
    path,
    packageName,
    text,
    lines,
    codeLines: withoutComments(lines),
    isTest: /\.test(-\w+)?\.ts$/.test(basename(path)),
    imports: importsOf(text),
  }
}

/** The lines with comments blanked, so that prose is not mistaken for code. */
function withoutComments(lines) {
  let inBlock = false
  return lines.map((line) => {
    if (inBlock) {
      const end = line.indexOf('*/')
      if (end === -1) return ''
      inBlock = false
      return line.slice(end + 2)
    }
    const trimmed = line.trimStart()
    if (trimmed.startsWith('/*')) {
      inBlock = !line.includes('*/')
      return ''
    }
    if (trimmed.startsWith('//')) return ''
    return line.replace(/\s\/\/ .*$/, '').trimEnd()
  })
}

function importsOf(text) {
  const specifiers = []
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g
  for (const match of text.matchAll(pattern)) specifiers.push(match[1] ?? match[2])
  return specifiers
}
