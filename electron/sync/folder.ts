import path from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { codeOf, DeliveryError, type Batch, type Destination, type Receipt } from './destination.ts'
import { folderError, type FolderIo } from './folder-io.ts'
import { linesOf } from './lines.ts'

const zip = promisify(gzip)
const unzip = promisify(gunzip)

/** Twelve digits keep the names of 30 000 years at 1 row/s in order of sequence. */
function padded(seq: number): string {
  return String(seq).padStart(12, '0')
}

const temporary = /^\.[0-9-]+\.ndjson\.gz\.[0-9a-z]+\.tmp$/
const objectName = /^(\d{12})-(\d{12})\.ndjson\.gz$/

export interface FolderOptions {
  /** Absolute. */
  root: string
  io: FolderIo
  random: () => number
  /** Whether this root was there before: then it is not made anew, since an unmounted share looks just so. */
  seen: { get(): Promise<boolean>; set(): Promise<void> }
}

/**
 * Objects `<root>/<stream>/<installation>/<epoch>/<from>-<to>.ndjson.gz`, each written aside, synced and renamed, so
 * that a reader sees whole objects only. No row is ever in two of them.
 */
export class FolderDestination implements Destination {
  readonly #options: FolderOptions
  readonly #made = new Set<string>()

  constructor(options: FolderOptions) {
    this.#options = options
  }

  async deliver(batch: Batch): Promise<Receipt> {
    const { root, io } = this.#options
    try {
      await this.#ensureRoot()
      const folder = await this.#ensureFolders(batch)
      if (batch.mayExist) {
        const adopted = await this.#adopt(folder, batch)
        if (adopted !== null) return { confirmedSeq: adopted }
      }
      const text = linesOf(batch)
      const name = `${padded(batch.fromSeq)}-${padded(batch.toSeq)}.ndjson.gz`
      const aside = path.join(folder, `.${name}.${Math.floor(this.#options.random() * 1e12).toString(36)}.tmp`)
      try {
        await io.writeDurably(aside, await zip(text))
        await io.rename(aside, path.join(folder, name))
      } catch (error) {
        await io.remove(aside).catch(() => undefined)
        throw error
      }
      await io.syncFolder(folder)
      return { confirmedSeq: batch.toSeq }
    } catch (error) {
      this.#made.clear()
      throw folderError(error, root)
    }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  async #ensureRoot(): Promise<void> {
    const { root, io, seen } = this.#options
    if (this.#made.has(root)) return
    if (await this.#isFolder(root)) {
      await seen.set()
    } else {
      if (await seen.get()) {
        throw new DeliveryError(
          `The folder "${root}" was there before and is gone; mount the share again or make the folder.`,
        )
      }
      if (!(await this.#parentExists(root))) {
        const parent = path.dirname(root)
        throw new DeliveryError(
          `The folder "${root}" cannot be made because "${parent}" is not there; is the disk mounted?`,
        )
      }
      await io.makeFolder(root)
      await seen.set()
    }
    this.#made.add(root)
  }

  /** False when nothing is there; a file in its place is an error in words. */
  async #isFolder(folder: string): Promise<boolean> {
    try {
      if (await this.#options.io.isFolder(folder)) return true
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false
      throw error
    }
    throw new DeliveryError(`"${folder}" cannot be used: a file stands where a folder should be.`)
  }

  async #parentExists(root: string): Promise<boolean> {
    try {
      return await this.#isFolder(path.dirname(root))
    } catch (error) {
      // Under the permission model the engine may see its destination and not what is above it.
      if (codeOf(error) === 'ERR_ACCESS_DENIED') return true
      throw error
    }
  }

  async #ensureFolders(batch: Batch): Promise<string> {
    const { io } = this.#options
    let folder = this.#options.root
    for (const part of [batch.stream, batch.installation, batch.epoch]) {
      const parent = folder
      folder = path.join(folder, part)
      if (this.#made.has(folder)) continue
      if (!(await this.#isFolder(folder))) {
        await io.makeFolder(folder)
        await io.syncFolder(parent)
      }
      this.#made.add(folder)
    }
    return folder
  }

  /**
   * A crash between rename and cursor leaves an object whose receipt was lost. By now the stream may be longer, so the
   * object is looked up by where it begins: what it holds is confirmed instead of being written twice.
   */
  async #adopt(folder: string, batch: Batch): Promise<number | null> {
    const { io } = this.#options
    const names = await io.list(folder)
    for (const name of names) if (temporary.test(name)) await io.remove(path.join(folder, name))
    const found = names.find((name) => name.startsWith(`${padded(batch.fromSeq)}-`) && objectName.test(name))
    if (found === undefined) return null
    const toSeq = Number(objectName.exec(found)?.[2])
    const file = path.join(folder, found)
    const held = await unzip(await io.read(file))
      .then((data) => data.toString('utf8'))
      .catch((error: unknown) => {
        // Not gzip to its end: the disk lost it after all. It is removed and delivered again.
        if (codeOf(error).startsWith('Z_')) return null
        throw error
      })
    if (held === null) {
      await io.remove(file)
      return null
    }
    // A twin that was restored has lost the end of the epoch; the object may hold it still.
    if (toSeq > batch.toSeq && batch.endsEpoch && held.startsWith(linesOf(batch))) return batch.toSeq
    if (toSeq > batch.toSeq || held !== linesOf(batch, toSeq)) {
      throw new DeliveryError(
        `"${file}" is there with other rows than this twin's; another installation may be writing under the same id. Move it away to go on.`,
      )
    }
    await io.syncFolder(folder)
    return toSeq
  }
}
