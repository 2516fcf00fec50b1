import { equal, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Simulation } from '@ottla/sim'
import { Kafka } from '../kafka.ts'

type Ours = string | readonly string[] | { readonly none: string }

/** Each method of Java's Admin (4.4.0): what it is called here, or why it is not there. The real-client tier compares the list with the jar. */
const TABLE = JSON.parse(readFileSync(new URL('../../golden/java-admin.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, Ours>
>

test("each method of Java's Admin has one here, or a reason", () => {
  const admin = new Kafka({ bootstrapServers: 'b:1', env: new Simulation({ seed: 1 }).env('client') }).admin()
  equal(Object.keys(TABLE).length, 67)
  for (const [java, ours] of Object.entries(TABLE)) {
    if (typeof ours === 'object' && 'none' in ours) {
      ok(ours.none.length > 10, java)
      continue
    }
    for (const path of typeof ours === 'string' ? [ours] : ours) {
      const found = path.split('.').reduce<unknown>((from, name) => (from as Record<string, unknown>)[name], admin)
      equal(typeof found, 'function', `${java}: ${path}`)
    }
  }
})
