import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { Watchers } from './watchers.ts'

interface Watcher {
  readonly name: string
  onTold: () => void
}

function watchers(...names: string[]): { all: Watchers<Watcher>; each: Watcher[]; told: () => string[] } {
  const all = new Watchers<Watcher>()
  const each = names.map((name) => ({ name, onTold: () => {} }))
  for (const watcher of each) all.add(watcher)
  const told = (): string[] => {
    const heard: string[] = []
    all.tell((watcher) => {
      heard.push(watcher.name)
      watcher.onTold()
    })
    return heard
  }
  return { all, each, told }
}

test('all are told in the order of coming, each once, however often it was added', () => {
  const { all, each, told } = watchers('a', 'b', 'c')
  all.add(each[0]!)
  deepEqual(told(), ['a', 'b', 'c'])
  equal(all.size, 3)
})

test('who has left is not told, and those behind keep their order', () => {
  const { all, each, told } = watchers('a', 'b', 'c', 'd')
  all.remove(each[1]!)
  all.remove(each[1]!)
  deepEqual(told(), ['a', 'c', 'd'])
  all.add(each[1]!)
  deepEqual(told(), ['a', 'c', 'd', 'b'])
})

test('who is told may leave, have others leave, and bring others, who are told the next time', () => {
  const { all, each, told } = watchers('a', 'b', 'c')
  const [a, b, c] = each as [Watcher, Watcher, Watcher]
  const late = { name: 'late', onTold: () => {} }
  a.onTold = () => {
    all.remove(a)
    all.remove(b)
    all.add(late)
  }
  deepEqual(told(), ['a', 'c'])
  deepEqual(told(), ['c', 'late'])
  c.onTold = () => {
    all.remove(c)
    all.add(c)
  }
  deepEqual(told(), ['c', 'late'])
  deepEqual(told(), ['late', 'c'])
  equal(all.size, 2)
})

test('who is told may have all told again', () => {
  const { all, each, told } = watchers('a', 'b')
  const inner: string[] = []
  each[0]!.onTold = () => {
    all.remove(each[0]!)
    inner.push(...told())
  }
  deepEqual(told(), ['a', 'b'])
  deepEqual(inner, ['b'])
  equal(all.size, 1)
})

test('a watcher that throws leaves the others as they are', () => {
  const { all, each, told } = watchers('a', 'b')
  each[0]!.onTold = () => {
    all.remove(each[0]!)
    throw new Error('told')
  }
  try {
    told()
  } catch {}
  deepEqual(told(), ['b'])
})

test('hundreds are told like a few, also while they come and leave', () => {
  const names = Array.from({ length: 300 }, (_, index) => `${index}`)
  const { all, each, told } = watchers(...names)
  all.add(each[0]!)
  deepEqual(told(), names)
  equal(all.size, 300)
  const late = { name: 'late', onTold: () => {} }
  each[0]!.onTold = () => {
    for (const watcher of each) if (watcher !== each[299]) all.remove(watcher)
    all.add(late)
  }
  deepEqual(told(), ['0', '299'])
  deepEqual(told(), ['299', 'late'])
  all.remove(late)
  all.remove(each[299]!)
  deepEqual(told(), [])
  all.add(each[1]!)
  deepEqual(told(), ['1'])
})
