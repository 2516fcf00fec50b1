import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS } from '../command-table.ts'
import { ottla } from '../test-ottla.test.ts'
import { withReference } from './guide-reference.ts'
import { manPages } from './man-page.ts'

test('there is a manual page for each first word, with each of its commands and options', () => {
  const pages = manPages()
  for (const { name, options, isHidden } of COMMANDS) {
    const page = pages[`man/ottla-${name.split(' ')[0]}.1`] ?? ''
    if (isHidden === true) continue
    ok(page.includes(`ottla ${name.replaceAll('-', '\\-')}`), name)
    for (const option of options ?? [])
      ok(page.includes(`\\-\\-${option.name.replaceAll('-', '\\-')}`), `${name} --${option.name}`)
  }
  match(pages['man/ottla.1']!, /^\.TH "OTTLA" "1" "" "Ottla \d/)
})

test('no line of a manual page is taken for a request that it is not', () => {
  const requests = /^\.(TH|SH|SS|PP|TP|B|I|BR|br|nf|fi|RS|RE)( |$)/
  for (const [path, page] of Object.entries(manPages())) {
    const strange = page.split('\n').filter((line) => /^['.]/.test(line) && !requests.test(line))
    deepEqual(strange, [], path)
  }
})

test('the reference of the guide is made anew, and what stands above it stays', () => {
  const page = withReference('# Title\n\nWritten by hand.\n')
  match(page, /^# Title\n\nWritten by hand\.\n\n<!-- .* -->\n\n## Reference\n/)
  equal(withReference(page), page)
  for (const { name, isHidden } of COMMANDS) equal(page.includes(`#### ottla ${name}\n`), isHidden !== true, name)
})

test('help explains a command, a group, or everything', async () => {
  match((await ottla(['help'])).out, /^ottla: topics, records/)
  match((await ottla(['help', 'topic'])).out, /^Topics: list/)
  equal((await ottla(['help', 'topic', 'create'])).out, (await ottla(['topic', 'create', '--help'])).out)
  deepEqual(await ottla(['help', 'topc']), {
    code: 2,
    out: '',
    err: "error: there is no command 'topc'. Did you mean topic?\nSee: ottla help --help\n",
  })
})
