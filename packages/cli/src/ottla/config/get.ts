/** `ottla config get`. */
import type { ConfigEntry } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { similarTo } from '../did-you-mean.ts'
import { plural, readableSetting } from '../quantities.ts'
import { Failure } from '../usage-problem.ts'
import { entriesOf, parseEntity, shownValue, sourceWord } from './entity.ts'

export async function run({ args, screen, open }: Invocation): Promise<void> {
  const resource = parseEntity(args.required('ENTITY'))
  const keys = args.arguments('KEY')
  const { admin } = await open()
  const all = await entriesOf(admin, resource)
  const entries = chosen(all, keys, args.has('all') ? 'all' : 'set')
  screen.json(
    entries.map(({ name, value, source, isReadOnly, isSensitive }) => ({
      name,
      value: isSensitive ? null : value,
      source,
      isReadOnly,
      isSensitive,
    })),
  )
  if (keys.length === 1) {
    // For scripts without JSON: the value alone.
    screen.say(shownValue(entries[0]!) ?? '')
    return
  }
  if (entries.length === 0) {
    screen.remark(`Nothing is set: all ${all.length} settings have their defaults (--all shows them).`)
    return
  }
  screen.table(
    [
      { title: 'KEY', text: ({ name }) => name, paint: (text, _, { cyan }) => cyan(text) },
      { title: 'VALUE', text: (entry) => readableSetting(entry.name, shownValue(entry)), isFlexible: true },
      {
        title: 'FROM',
        text: ({ source }) => sourceWord(source),
        paint: (text, { source }, { dim }) => (source === 'DEFAULT_CONFIG' ? dim(text) : text),
      },
    ],
    entries,
  )
  if (!args.has('all') && keys.length === 0)
    screen.remark(`${plural(all.length - entries.length, 'more setting')} with the default (--all shows them).`)
}

function chosen(all: readonly ConfigEntry[], keys: readonly string[], which: 'all' | 'set'): ConfigEntry[] {
  if (keys.length === 0) return all.filter(({ source }) => which === 'all' || source !== 'DEFAULT_CONFIG')
  return keys.map((key) => {
    const found = all.find(({ name }) => name === key)
    if (found !== undefined) return found
    const meant = similarTo(
      key,
      all.map(({ name }) => name),
    )
    throw new Failure(`there is no setting ${key}`, {
      hint: meant.length === 0 ? undefined : `Did you mean ${meant.join(', ')}?`,
    })
  })
}
