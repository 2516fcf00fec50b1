/** `ottla config diff`: two things with each other, or one with its defaults. */
import type { ConfigEntry } from '@ottla/client'
import type { Invocation } from '../command.ts'
import { defaultOf, entriesOf, parseEntity, shownValue } from './entity.ts'

export async function run({ args, screen, open }: Invocation): Promise<number> {
  const left = args.required('ENTITY')
  const right = args.argument('OTHER')
  const first = parseEntity(left)
  const second = right === undefined ? null : parseEntity(right)
  const { admin } = await open()
  const [entries, others] = await Promise.all([
    entriesOf(admin, first),
    second === null ? null : entriesOf(admin, second),
  ])
  const values = valuesOf(entries)
  const otherValues =
    others === null ? new Map(entries.map((entry) => [entry.name, defaultOf(entry)])) : valuesOf(others)
  const rows = [...new Set([...values.keys(), ...otherValues.keys()])]
    .sort()
    .map((name) => ({ name, value: values.get(name) ?? null, other: otherValues.get(name) ?? null }))
    .filter(({ value, other }) => value !== other)
  screen.json(rows)
  if (rows.length === 0) screen.say('They are the same.')
  else {
    screen.table(
      [
        { title: 'KEY', text: ({ name }) => name, paint: (text, _, { cyan }) => cyan(text) },
        { title: left, text: ({ value }) => value, isFlexible: true, paint: (text, _, { green }) => green(text) },
        {
          title: right ?? 'DEFAULT',
          text: ({ other }) => other,
          isFlexible: true,
          paint: (text, _, { red }) => red(text),
        },
      ],
      rows,
    )
  }
  return args.has('exit-code') && rows.length > 0 ? 1 : 0
}

function valuesOf(entries: readonly ConfigEntry[]): Map<string, string | null> {
  return new Map(entries.map((entry) => [entry.name, shownValue(entry)]))
}
