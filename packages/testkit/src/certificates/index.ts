export type { CertificateRequest, IssuedCertificate } from './certificate-authority.ts'
export { CertificateAuthority } from './certificate-authority.ts'
