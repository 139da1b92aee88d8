import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Whether `openssl` is here: the authority of the tests is its. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A certificate authority in a folder: issues server and user certificates, revokes them, and gives its list. */
export class Authority {
  readonly certificateFile: string
  readonly #folder: string
  readonly #key: string
  readonly #config: string

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true })
    this.certificateFile = join(folder, 'ca.pem')
    this.#key = join(folder, 'ca.key')
    this.#config = join(folder, 'ca.cnf')
    writeFileSync(join(folder, 'index.txt'), '')
    writeFileSync(join(folder, 'crlnumber'), '1000\n')
    writeFileSync(
      this.#config,
      `[ca]\ndefault_ca=x\n[x]\ndatabase=${folder}/index.txt\ncrlnumber=${folder}/crlnumber\ndefault_md=sha256\ndefault_crl_days=30\n[req]\ndistinguished_name=dn\n[dn]\n[v3_ca]\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\nbasicConstraints=critical,CA:true\nkeyUsage=critical,cRLSign,keyCertSign\n`,
    )
    this.#run(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      this.#key,
      '-out',
      this.certificateFile,
      '-days',
      '30',
      '-subj',
      '/CN=Test authority',
      '-config',
      this.#config,
      '-extensions',
      'v3_ca',
    )
  }

  /** A certificate and its key, both PEM files; `uri` is its application URI. */
  issue(name: string, uri: string): { certificateFile: string; privateKeyFile: string } {
    const file = (ending: string): string => join(this.#folder, `${name}.${ending}`)
    writeFileSync(
      file('ext'),
      `basicConstraints=critical,CA:false\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nkeyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment\nextendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=URI:${uri},IP:127.0.0.1\n`,
    )
    this.#run(
      'req',
      '-new',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      file('key'),
      '-out',
      file('csr'),
      '-subj',
      `/CN=${name}`,
      '-config',
      this.#config,
    )
    this.#run(
      'x509',
      '-req',
      '-in',
      file('csr'),
      '-CA',
      this.certificateFile,
      '-CAkey',
      this.#key,
      '-CAcreateserial',
      '-out',
      file('pem'),
      '-days',
      '20',
      '-extfile',
      file('ext'),
      '-sha256',
    )
    return { certificateFile: file('pem'), privateKeyFile: file('key') }
  }

  /** Self-signed, with a key of this many bits. */
  weak(name: string, uri: string, bits: number): { certificateFile: string; privateKeyFile: string } {
    const file = (ending: string): string => join(this.#folder, `${name}.${ending}`)
    this.#run(
      'req',
      '-x509',
      '-newkey',
      `rsa:${bits}`,
      '-nodes',
      '-keyout',
      file('key'),
      '-out',
      file('pem'),
      '-days',
      '30',
      '-subj',
      `/CN=${name}`,
      '-config',
      this.#config,
      '-addext',
      `subjectAltName=URI:${uri},IP:127.0.0.1`,
    )
    return { certificateFile: file('pem'), privateKeyFile: file('key') }
  }

  revoke(certificateFile: string): void {
    this.#run(
      'ca',
      '-config',
      this.#config,
      '-keyfile',
      this.#key,
      '-cert',
      this.certificateFile,
      '-revoke',
      certificateFile,
    )
  }

  /** The revocation list as it is now, a PEM file. */
  list(): string {
    const file = join(this.#folder, 'crl.pem')
    this.#run(
      'ca',
      '-config',
      this.#config,
      '-keyfile',
      this.#key,
      '-cert',
      this.certificateFile,
      '-gencrl',
      '-out',
      file,
    )
    return file
  }

  #run(...args: string[]): void {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  }
}
