import { OPCUACertificateManager } from 'node-opcua-certificate-manager'

type Certificates = Parameters<OPCUACertificateManager['rejectCertificate']>[0]

/**
 * The library's store, in which a person's word stands. A check that finds a certificate untrusted moves it to the rejected
 * ones a moment later (node-opcua 2.186.4, `#checkCertificate`): trust that a person has given in that moment was taken
 * back without a word, and the link stayed refused.
 */
export class PersonsManager extends OPCUACertificateManager {
  #last: Promise<unknown> = Promise.resolve()

  /** What a check wants; it has no say over what a person trusts. */
  override async rejectCertificate(found: Certificates): Promise<void> {
    const [first] = Array.isArray(found) ? found : [found]
    await this.#inOrder(async () => {
      if (first && (await this.isCertificateTrusted(first)) !== 'Good') await super.rejectCertificate(found)
    })
  }

  override async trustCertificate(found: Certificates): Promise<void> {
    await this.#inOrder(() => super.trustCertificate(found))
  }

  /** A person takes trust back. */
  async takeBack(found: Certificates): Promise<void> {
    await this.#inOrder(() => super.rejectCertificate(found))
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}
