import { X509Certificate } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import { type StatusCode, StatusCodes } from 'node-opcua-client'
import { readAuthorityFiles } from './authority-files.ts'
import { PersonsManager } from './persons-manager.ts'
import { silenceLibrary } from './quiet-log.ts'

export interface CertificateInfo {
  /** SHA-1 over the certificate, 40 hex digits: what OPC UA tools show. */
  thumbprint: string
  subject: string
  issuer: string
  applicationUri: string | null
  hostNames: string[]
  /** Modulus bits of an RSA key, null for another kind. */
  keyBits: number | null
  validFromUs: number
  validToUs: number
}

export interface PkiListing {
  own: CertificateInfo
  trusted: CertificateInfo[]
  rejected: CertificateInfo[]
}

/**
 * Certificates of this process in one folder, the layout of node-opcua's certificate manager (own, trusted, issuers,
 * rejected). Nothing is trusted but by `trust`: the library's default accepts and stores any certificate it meets.
 *
 * The file watchers are off. They are what calls `fs.realpath`, which reads every parent folder and is refused under
 * `node --permission` (ERR_ACCESS_DENIED); without them no call of node-opcua does (pki.permission.test.ts runs under
 * the real flags). `list` reads the folders anew, so a certificate put there by hand is seen as well.
 */
export class PkiStore {
  readonly folder: string
  readonly manager: PersonsManager
  readonly certificateFile: string
  readonly #listeners = new Set<() => void>()

  private constructor(folder: string, manager: PersonsManager) {
    this.folder = folder
    this.manager = manager
    this.certificateFile = join(folder, 'own', 'certs', 'millwright.pem')
  }

  /** Opens the store, and creates key and certificate the first time. */
  static async open(folder: string, identity: { applicationUri: string; applicationName?: string }): Promise<PkiStore> {
    silenceLibrary()
    await mkdir(folder, { recursive: true })
    const manager = new PersonsManager({
      rootFolder: folder,
      automaticallyAcceptUnknownCertificate: false,
      disableFileWatchers: true,
    })
    await manager.initialize()
    const store = new PkiStore(folder, manager)
    await store.#ensureOwn(identity.applicationUri, identity.applicationName ?? 'Millwright')
    return store
  }

  async #ensureOwn(applicationUri: string, applicationName: string): Promise<void> {
    const present = await readCertificate(this.certificateFile)
    if (present && describe(present).applicationUri === applicationUri && present.validToDate.getTime() > Date.now())
      return
    await this.#create(applicationUri, applicationName)
  }

  async #create(applicationUri: string, applicationName: string): Promise<void> {
    const host = hostname()
    await this.manager.createSelfSignedCertificate({
      applicationUri,
      dns: [host],
      outputFile: this.certificateFile,
      subject: `/CN=${applicationName}@${host.replaceAll('/', '-')}/O=Millwright`,
      startDate: new Date(Date.now() - 3_600_000),
      validity: 3_650,
    })
  }

  async own(): Promise<CertificateInfo> {
    const certificate = await readCertificate(this.certificateFile)
    if (!certificate)
      throw new Error(`The own certificate ${this.certificateFile} cannot be read; delete it to make a new one.`)
    return describe(certificate)
  }

  async list(): Promise<PkiListing> {
    const own = await this.own()
    const notOwn = ({ thumbprint }: CertificateInfo): boolean => thumbprint !== own.thumbprint
    const [trusted, rejected] = await Promise.all([
      readFolder(this.manager.trustedFolder),
      readFolder(this.manager.rejectedFolder),
    ])
    return {
      own,
      trusted: trusted.map(({ info }) => info).filter(notOwn),
      rejected: rejected.map(({ info }) => info).filter(notOwn),
    }
  }

  /** Trusts a certificate of the rejected list. Connections that wait for it try again at once. */
  async trust(thumbprint: string): Promise<void> {
    await this.manager.trustCertificate(await this.#find(thumbprint))
    for (const listener of this.#listeners) listener()
  }

  /** Takes the trust back; links that use the certificate are ended. */
  async reject(thumbprint: string): Promise<void> {
    await this.manager.takeBack(await this.#find(thumbprint))
    for (const listener of this.#listeners) listener()
  }

  /** Puts a certificate that nobody has decided on among the rejected, where `trust` finds it. */
  async notice(certificate: Buffer): Promise<void> {
    await this.manager.rejectCertificate(certificate)
  }

  /** The newest certificate of this application that was ever shown here; null when there is none. */
  async shownBy(applicationUri: string): Promise<Buffer | null> {
    const folders = [this.manager.rejectedFolder, this.manager.trustedFolder]
    const found = (await Promise.all(folders.map(readFolder))).flat()
    const of = found.filter(({ info }) => info.applicationUri === applicationUri)
    return of.toSorted((a, b) => b.info.validFromUs - a.info.validFromUs)[0]?.raw ?? null
  }

  /** What the store says of a chain: `Good`, or the name of the first thing that speaks against it. */
  async verdict(chain: Buffer): Promise<string> {
    return await this.manager.verifyCertificate(chain, { acceptCertificateWithValidIssuerChain: true })
  }

  async isTrusted(certificate: Buffer): Promise<boolean> {
    return (await this.manager.isCertificateTrusted(certificate)) === 'Good'
  }

  /**
   * The manager as a client takes it that lives on exceptions: a certificate out of date, or one whose revocation
   * cannot be checked, counts when a person has allowed it. Everything else is judged as always.
   */
  managerWith(allowed: { validity: boolean; revocationUnknown: boolean }): OPCUACertificateManager {
    const { manager } = this
    if (!allowed.validity && !allowed.revocationUnknown) return manager
    const checkCertificate = async (chain: Buffer | Buffer[]): Promise<StatusCode> => {
      const certificates = Array.isArray(chain) ? chain : [chain]
      const verdict = await manager.verifyCertificate(Buffer.concat(certificates), {
        acceptCertificateWithValidIssuerChain: true,
        acceptOutdatedCertificate: allowed.validity,
        acceptOutDatedIssuerCertificate: allowed.validity,
        ignoreMissingRevocationList: allowed.revocationUnknown,
      })
      const [first] = certificates
      if (!first) return StatusCodes.BadCertificateInvalid
      // A start that lies ahead, and an issuer without a list of its own, the library lets nobody waive. Then the
      // certificate itself has to be trusted by a person; its issuer alone does not count.
      const waived =
        (allowed.validity && verdict.endsWith('TimeInvalid')) ||
        (allowed.revocationUnknown && verdict.endsWith('RevocationUnknown'))
      const judged = waived ? await manager.isCertificateTrusted(first) : verdict
      if (judged === 'BadCertificateUntrusted') await manager.rejectCertificate(first)
      return statusNamed(judged)
    }
    return new Proxy(manager, {
      get: (target, name) => {
        if (name === 'checkCertificate') return checkCertificate
        const found: unknown = Reflect.get(target, name, target)
        // Its private fields are its own: methods run on the manager itself.
        return typeof found === 'function' ? (found.bind(target) as unknown) : found
      },
    })
  }

  /** A new certificate on the same key. Links that stand go on with the old one until they are made anew. */
  async renew(): Promise<CertificateInfo> {
    const { applicationUri } = await this.own()
    if (applicationUri === null)
      throw new Error('The own certificate names no application URI; delete it to make a new one.')
    await this.#create(applicationUri, 'Millwright')
    return await this.own()
  }

  /**
   * Takes an authority's certificates and revocation lists, PEM, so that what it has issued can be checked. Its word alone
   * lets nobody in: each server's own certificate is still trusted by a person. Throws an error in words.
   */
  async addAuthority(pem: string): Promise<{ authorities: CertificateInfo[]; revocationLists: number }> {
    const { certificates, revocationLists } = readAuthorityFiles(pem)
    for (const certificate of certificates) await this.manager.addIssuer(certificate.raw)
    for (const list of revocationLists) {
      const status: string = await this.manager.addRevocationList(list)
      if (status !== 'Good') throw new Error('One of the revocation lists cannot be read; paste it again, whole.')
    }
    await this.readAgain()
    return { authorities: certificates.map(describe), revocationLists: revocationLists.length }
  }

  /** Issuers and revocation lists were put into their folders by hand: the watchers are off, so it has to be said. */
  async readAgain(): Promise<void> {
    await this.manager.reloadCertificates()
    for (const listener of this.#listeners) listener()
  }

  /** Calls back after each `trust` and `reject`; returns the way to end that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#listeners.clear()
    this.manager.referenceCounter = 0
    await this.manager.dispose()
  }

  async #find(thumbprint: string): Promise<Buffer> {
    const wanted = thumbprint.replaceAll(/[^0-9a-f]/gi, '').toLowerCase()
    for (const folder of [this.manager.rejectedFolder, this.manager.trustedFolder]) {
      const found = (await readFolder(folder)).find(({ info }) => info.thumbprint === wanted)
      if (found) return found.raw
    }
    throw new Error(`There is no certificate with the thumbprint ${thumbprint} in ${this.folder}.`)
  }
}

async function readCertificate(file: string): Promise<X509Certificate | null> {
  try {
    return new X509Certificate(await readFile(file))
  } catch {
    return null
  }
}

async function readFolder(folder: string): Promise<{ info: CertificateInfo; raw: Buffer }[]> {
  const names = await readdir(folder).catch(() => [])
  const found = await Promise.all(names.map((name) => readCertificate(join(folder, name))))
  return found.flatMap((certificate) => (certificate ? [{ info: describe(certificate), raw: certificate.raw }] : []))
}

export function describe(certificate: X509Certificate): CertificateInfo {
  const names = (certificate.subjectAltName ?? '').split(', ')
  const valuesOf = (kind: string): string[] =>
    names.flatMap((name) => (name.startsWith(kind) ? [name.slice(kind.length).replaceAll(/^"|"$/g, '')] : []))
  return {
    thumbprint: thumbprintOf(certificate),
    subject: certificate.subject.replaceAll('\n', ', '),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    applicationUri: valuesOf('URI:')[0] ?? null,
    hostNames: [...valuesOf('DNS:'), ...valuesOf('IP Address:')],
    keyBits: certificate.publicKey.asymmetricKeyDetails?.modulusLength ?? null,
    validFromUs: certificate.validFromDate.getTime() * 1_000,
    validToUs: certificate.validToDate.getTime() * 1_000,
  }
}

export function thumbprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint.replaceAll(':', '').toLowerCase()
}

function statusNamed(name: string): StatusCode {
  const found: unknown = Reflect.get(StatusCodes, name)
  return found instanceof Object && 'isGood' in found ? (found as StatusCode) : StatusCodes.BadCertificateInvalid
}
