import { equal, ok } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  isScramProofOf,
  type ScramMechanism,
  scramAuthMessage,
  scramClientProof,
  scramKeys,
  scramName,
  scramServerSignature,
} from './scram.ts'

interface Exchange {
  readonly kind: string
  readonly mechanism: ScramMechanism
  readonly user: string
  readonly saslName: string
  readonly password: string
  readonly salt: string
  readonly iterations: number
  readonly saltedPassword: string
  readonly clientKey: string
  readonly storedKey: string
  readonly serverKey: string
  readonly clientFirst: string
  readonly serverFirst: string
  readonly clientFinal: string
  readonly serverFinal: string
  readonly authMessage: string
  readonly clientProof: string
}

const exchanges = readFileSync(new URL('../golden/hashes.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Exchange)
  .filter(({ kind }) => kind === 'scram')

test('whole exchanges have the keys, proofs and signatures that Kafka gives them', () => {
  ok(exchanges.length >= 8)
  for (const golden of exchanges) {
    const { mechanism } = golden
    const keys = scramKeys(mechanism, golden.password, {
      salt: Buffer.from(golden.salt, 'hex'),
      iterations: golden.iterations,
    })
    for (const name of ['saltedPassword', 'clientKey', 'storedKey', 'serverKey'] as const) {
      equal(keys[name].toString('hex'), golden[name])
    }
    equal(scramName(golden.user), golden.saslName)
    const clientFirstBare = golden.clientFirst.replace(/^n,[^,]*,/, '')
    const withoutProof = golden.clientFinal.replace(/,p=.*$/, '')
    const authMessage = scramAuthMessage(clientFirstBare, golden.serverFirst, withoutProof)
    equal(authMessage, golden.authMessage)
    const proof = scramClientProof(mechanism, keys, authMessage)
    equal(proof.toString('hex'), golden.clientProof)
    equal(`${withoutProof},p=${proof.toString('base64')}`, golden.clientFinal)
    ok(isScramProofOf(mechanism, keys.storedKey, { proof, authMessage }))
    const signature = scramServerSignature(mechanism, keys.serverKey, authMessage)
    equal(`v=${signature.toString('base64')}`, golden.serverFinal)
  }
})

test('a proof of another exchange, of another length or with one bit changed is refused', () => {
  const salt = Buffer.from('salt')
  const keys = scramKeys('SCRAM-SHA-256', 'secret', { salt, iterations: 4096 })
  const proof = scramClientProof('SCRAM-SHA-256', keys, 'one')
  const holds = (changed: Buffer, authMessage: string) =>
    isScramProofOf('SCRAM-SHA-256', keys.storedKey, { proof: changed, authMessage })
  ok(holds(proof, 'one'))
  ok(!holds(proof, 'two'))
  ok(!holds(proof.subarray(1), 'one'))
  const hurt = Buffer.from(proof)
  hurt[3]! ^= 1
  ok(!holds(hurt, 'one'))
})
