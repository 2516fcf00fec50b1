import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { type Acknowledgement, AcknowledgeType, acknowledgementBatches, addAcknowledgement } from './acknowledgement.ts'

function waitingFor(...asked: readonly (readonly [number, AcknowledgeType])[]) {
  const waiting: Acknowledgement[] = []
  const heard: string[] = []
  for (const [offset, type] of asked) {
    const name = `${offset}/${type}`
    addAcknowledgement(waiting, {
      offset,
      type,
      resolve: () => void heard.push(name),
      reject: () => void heard.push(`not ${name}`),
    })
  }
  return { waiting, heard }
}

const { accept, release, renew } = AcknowledgeType

test('a request says one thing of each offset: a renewal that waits goes with what becomes of the record', () => {
  const { waiting, heard } = waitingFor([4, renew], [5, accept], [4, release], [6, renew], [6, renew], [5, renew])
  deepEqual(acknowledgementBatches(waiting), [
    { firstOffset: 4, lastOffset: 6, acknowledgeTypes: [release, accept, renew] },
  ])
  for (const { resolve } of waiting) resolve()
  deepEqual(heard.sort(), ['4/2', '4/4', '5/1', '5/4', '6/4', '6/4'])
})

test('who asked for a renewal hears of the failure of what it went with', () => {
  const { waiting, heard } = waitingFor([4, renew], [4, accept])
  for (const { reject } of waiting) reject(new Error('lost'))
  deepEqual(heard, ['not 4/4', 'not 4/1'])
})
