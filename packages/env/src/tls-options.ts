/** TLS, as the one who connects asks for it. Nothing here is ever written to a log. */

/** PEM text, or its bytes. */
export type Pem = string | Buffer

export interface TlsOptions {
  /** Certificates that are trusted, in place of those of the system. Several may stand in one text. */
  readonly ca?: Pem | readonly Pem[]
  /** The own certificate, with those between it and the authority behind it, for servers that ask for one. */
  readonly cert?: Pem
  /** The private key of `cert`. */
  readonly key?: Pem
  /** Certificate and key as PKCS#12, in place of `cert` and `key`. */
  readonly pfx?: Buffer
  /** Opens `key` or `pfx`. */
  readonly passphrase?: string
  /** The name that the server's certificate must be for, and that is sent to it (SNI). Default: the host that is connected to. */
  readonly servername?: string
  /**
   * What of the server's certificate is checked. `nothing` lets anybody in the middle read and change everything; `certificate` lets
   * everybody do so who has any certificate of the same authority. Default: `certificate-and-host-name`.
   */
  readonly verify?: 'certificate-and-host-name' | 'certificate' | 'nothing'
  /** Default: TLSv1.2. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Default: TLSv1.3. */
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Cipher suites in OpenSSL's names, parted by colons. Default: those of Node. */
  readonly ciphers?: string
}
