/** What a key store of Java holds, in any of its formats. */
import { isJavaKeyStore, readJavaKeyStore } from './java-key-store.ts'
import { readPkcs12 } from './pkcs12.ts'

/** All in DER. */
export interface KeyStore {
  /** Certificates without a key. */
  readonly trusted: readonly Buffer[]
  /** The first private key (PKCS#8), and its certificates. Null when there is none, or no password for it. */
  readonly key: Buffer | null
  readonly chain: readonly Buffer[]
}

export class KeyStoreError extends Error {
  override readonly name = 'KeyStoreError'
}

/** As Java says it. */
export const WRONG_PASSWORD = 'keystore password was incorrect'

/** By content, whatever the file is called: what keytool makes today as `.jks` is PKCS#12. Throws KeyStoreError. */
export function readKeyStore(bytes: Buffer, password: string | undefined, keyPassword?: string): KeyStore {
  try {
    return isJavaKeyStore(bytes)
      ? readJavaKeyStore(bytes, password, keyPassword ?? password)
      : readPkcs12(bytes, password ?? '')
  } catch (error) {
    if (error instanceof KeyStoreError) throw error
    throw new KeyStoreError(`it is neither JKS nor PKCS#12, or it is damaged (${(error as Error).message})`)
  }
}

export function pemOf(der: Buffer, label: 'CERTIFICATE' | 'PRIVATE KEY'): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
