/** All cases by name: { run, settle?, close? } each; a name may be asked for in a process of its own: node all-cases.mjs NAME prints { ns, ratio }. */
import { codec } from './cases/codec.mjs'
import { log } from './cases/log.mjs'
import { records } from './cases/records.mjs'
import { shards } from './cases/shards.mjs'
import { shares } from './cases/shares.mjs'
import { waiting } from './cases/waiting.mjs'
import { measure } from './measure.mjs'

const makers = [codec, records, log, waiting, shards, shares]

export async function caseNames() {
  const names = []
  for (const make of makers) {
    const cases = await make()
    names.push(...Object.keys(cases))
    for (const each of Object.values(cases)) await each.close?.()
  }
  return names
}

const [, , name] = process.argv
if (import.meta.filename === process.argv[1] && name !== undefined) {
  for (const make of makers) {
    const cases = await make()
    if (cases[name] !== undefined) console.log(JSON.stringify(await measure(cases[name])))
    for (const each of Object.values(cases)) await each.close?.()
  }
}
