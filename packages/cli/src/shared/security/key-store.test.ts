import { deepEqual, equal, throws } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { KeyStoreError, pemOf, readKeyStore } from './key-store.ts'

interface Golden {
  readonly certificate: string
  readonly key: string
  readonly stores: readonly {
    readonly title: string
    readonly holds: 'both' | 'trusted'
    readonly password: string
    readonly keyPassword?: string
    readonly content: string
  }[]
  readonly rc2: string
}

/** One certificate and its key, as keytool (Java 17) and openssl (3.0) put them into stores. */
const golden = JSON.parse(readFileSync(new URL('../../../golden/key-stores.json', import.meta.url), 'utf8')) as Golden

for (const { title, holds, password, keyPassword, content } of golden.stores) {
  const bytes = Buffer.from(content, 'base64')

  test(`${title}: what is in it is read`, () => {
    const store = readKeyStore(bytes, password, keyPassword)
    const certificates = holds === 'both' ? store.chain : store.trusted
    deepEqual(
      certificates.map((der) => pemOf(der, 'CERTIFICATE')),
      [golden.certificate],
    )
    equal(store.key === null ? null : pemOf(store.key, 'PRIVATE KEY'), holds === 'both' ? golden.key : null)
  })

  test(`${title}: a wrong password is told`, () => {
    throws(() => readKeyStore(bytes, 'wrong'), { name: 'KeyStoreError', message: /password/ })
  })

  test(`${title}: damage is told, unless it changes nothing that counts`, () => {
    const whole = readKeyStore(bytes, password, keyPassword)
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= 0xff
      try {
        deepEqual(readKeyStore(damaged, password, keyPassword), whole)
      } catch (error) {
        equal((error as Error).name, 'KeyStoreError')
      }
      throws(() => readKeyStore(bytes.subarray(0, at), password, keyPassword), KeyStoreError)
    }
  })
}

test('a key of JKS with a password of its own is not opened by another', () => {
  const { content, password } = golden.stores.find(({ keyPassword }) => keyPassword !== undefined)!
  throws(() => readKeyStore(Buffer.from(content, 'base64'), password), /password of the key/)
})

test('what is sealed by 40 bits of RC2 is told with a way out', () => {
  throws(() => readKeyStore(Buffer.from(golden.rc2, 'base64'), 'changeit'), /keytool -importkeystore/)
})
