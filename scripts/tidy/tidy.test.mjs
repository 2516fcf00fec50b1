/**
 * The rules of the house, as tests. Exceptions stand in exceptions.json as a count per file and may only shrink: a file
 * that got better must have its number lowered in the same change.
 */
import { deepEqual, equal } from 'node:assert/strict'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { referencePages } from '../lib/reference-pages.mjs'
import { filesBelow, packageNames, readText } from '../lib/workspace.mjs'
import { importTable, nodeModules, testOnlyImports } from './import-table.mjs'
import * as rules from './rules.mjs'
import { sourceFile, sources } from './sources.mjs'

const ruleByName = { ...rules }
const files = sources()
const exceptions = JSON.parse(readText('scripts/tidy/exceptions.json'))

/** Fails on findings beyond the recorded exceptions, and on exceptions that are no longer needed. */
function check(rule, findings) {
  const allowed = exceptions[rule] ?? {}
  const counts = {}
  for (const finding of findings) {
    const path = finding.split(/[: ]/)[0]
    counts[path] = (counts[path] ?? 0) + 1
  }
  const over = findings.filter(
    (finding) => (counts[finding.split(/[: ]/)[0]] ?? 0) > (allowed[finding.split(/[: ]/)[0]] ?? 0),
  )
  deepEqual(over, [])
  const stale = Object.entries(allowed).filter(([path, count]) => (counts[path] ?? 0) < count)
  deepEqual(stale, [], `exceptions.json allows more than is needed for ${rule}: lower the numbers`)
}

for (const rule of [
  'bannedIdentifiers',
  'longFiles',
  'longFunctions',
  'manyParameters',
  'booleanParameters',
  'promises',
  'exportStar',
  'vagueNames',
]) {
  test(`sources keep the rule ${rule}`, () => {
    check(
      rule,
      files.flatMap((file) => ruleByName[rule](file)),
    )
  })
}

test('every package has a row in the import table, and every row a package', () => {
  deepEqual(packageNames().sort(), Object.keys(importTable).sort())
})

test('imports between packages are in the table, in package.json and in the tsconfig references', () => {
  const findings = []
  for (const name of packageNames()) {
    const manifest = JSON.parse(readText(`packages/${name}/package.json`))
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })
    const references = JSON.parse(readText(`packages/${name}/tsconfig.json`)).references ?? []
    for (const dependency of declared.filter((each) => each.startsWith('@ottla/'))) {
      const row = dependency.slice('@ottla/'.length)
      if (!importTable[name].includes(row))
        findings.push(`packages/${name}/package.json declares ${dependency}, which the table forbids`)
    }
    for (const file of files.filter((each) => each.packageName === name)) {
      for (const specifier of file.imports.filter((each) => each.startsWith('@ottla/'))) {
        const row = specifier.split('/')[1]
        const allowed = file.isTest ? [...importTable[name], ...testOnlyImports] : importTable[name]
        if (row === name || !allowed.includes(row)) findings.push(`${file.path} imports ${specifier}`)
        else if (!file.isTest && !declared.includes(`@ottla/${row}`))
          findings.push(`${file.path}: ${specifier} is not in package.json`)
        else if (
          !file.isTest &&
          !references.some((reference) => normalize(join(`packages/${name}`, reference.path)) === `packages/${row}`)
        ) {
          findings.push(`${file.path}: ${specifier} is not in the tsconfig references`)
        }
      }
    }
  }
  deepEqual(findings, [])
})

test('other packages are imported only where package.json declares them', () => {
  const findings = []
  for (const file of files.filter((each) => !each.isTest)) {
    const manifest = JSON.parse(readText(`packages/${file.packageName}/package.json`))
    const declared = Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.peerDependencies,
    })
    for (const specifier of file.imports) {
      if (specifier.startsWith('.') || specifier.startsWith('node:') || specifier.startsWith('@ottla/')) continue
      const name = specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : specifier.split('/')[0]
      if (!declared.includes(name)) findings.push(`${file.path} imports ${specifier}`)
    }
  }
  deepEqual(findings, [])
})

test('modules of Node are imported only where the world is reached', () => {
  const findings = []
  for (const file of files.filter((each) => !each.isTest)) {
    for (const specifier of file.imports.filter((each) => each.startsWith('node:'))) {
      const allowed = nodeModules.some(({ under, modules }) => file.path.startsWith(under) && modules.test(specifier))
      if (!allowed) findings.push(`${file.path} imports ${specifier}`)
    }
  }
  deepEqual(findings, [])
})

test('no source file is dead: each is an entry or imported by another', () => {
  const imported = new Set()
  for (const file of files) {
    for (const specifier of file.imports.filter((each) => each.startsWith('.'))) {
      if (!file.isTest || /\/(conformance|testing)\//.test(specifier))
        imported.add(normalize(join(dirname(file.path), specifier)))
      else imported.add(`test:${normalize(join(dirname(file.path), specifier))}`)
    }
  }
  const dead = files
    .filter((file) => !file.isTest && !/\/(index|main)\.ts$/.test(file.path))
    .filter((file) => !imported.has(file.path))
    .filter(
      (file) =>
        !(/testing|conformance|model|harness|fixture|seeds/.test(file.path) && imported.has(`test:${file.path}`)),
    )
    .map((file) => file.path)
  check('deadFiles', dead)
})

test('every dependency is exact and has a row in DEPENDENCIES.md', () => {
  const recorded = readText('DEPENDENCIES.md')
  const findings = []
  for (const path of ['package.json', ...packageNames().map((name) => `packages/${name}/package.json`)]) {
    const manifest = JSON.parse(readText(path))
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies']) {
      for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
        if (!/^\d+\.\d+\.\d+$/.test(version) && kind !== 'peerDependencies')
          findings.push(`${path}: ${name} ${version} is not exact`)
        if (!name.startsWith('@ottla/') && !recorded.includes(`| ${name} |`))
          findings.push(`${path}: ${name} has no row`)
      }
    }
  }
  deepEqual(findings, [])
})

test('each Markdown file has one title', () => {
  for (const path of filesBelow('.')) {
    if (!path.endsWith('.md')) continue
    let fenced = false
    const titles = readText(path)
      .split('\n')
      .filter((line) => {
        if (line.startsWith('```')) fenced = !fenced
        return !fenced && /^# /.test(line)
      })
    equal(titles.length, 1, `${path} has ${titles.length} titles`)
  }
})

test('pages of docs/ that are made from tables are as the tables are', async () => {
  for (const [path, text] of Object.entries(await referencePages())) {
    equal(readText(path), text, `${path} is old: npm run build -- --docs`)
  }
})

test('the rules find what they are for', () => {
  const bad = [
    'export function far(a: number, b: number, c: number, d: number, e: boolean): number {',
    ...Array.from({ length: 80 }, () => '  work()'),
    '  return Date.now()',
    '}',
    'class ThingManager {}',
    "export * from './x.ts'",
    '// TODO later',
  ].join('\n')
  const file = sourceFile('packages/log/src/bad.ts', 'log', bad)
  equal(rules.bannedIdentifiers(file).length, 1)
  equal(rules.longFunctions(file).length, 1)
  equal(rules.manyParameters(file).length, 1)
  equal(rules.booleanParameters(file).length, 1)
  equal(rules.vagueNames(file).length, 1)
  equal(rules.exportStar(file).length, 1)
  equal(rules.promises(file).length, 1)
  equal(rules.longFiles(sourceFile('packages/log/src/long.ts', 'log', 'a\n'.repeat(501))).length, 1)
})
