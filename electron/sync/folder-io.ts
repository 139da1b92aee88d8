import * as fs from 'node:fs/promises'
import { codeOf, DeliveryError } from './destination.ts'

/** The file operations of a folder destination, so that a test can make the n-th one fail. */
export interface FolderIo {
  isFolder: (path: string) => Promise<boolean>
  makeFolder: (path: string) => Promise<void>
  list: (path: string) => Promise<string[]>
  read: (path: string) => Promise<Buffer>
  /** Written and on disk when it returns. */
  writeDurably: (path: string, data: Uint8Array) => Promise<void>
  rename: (from: string, to: string) => Promise<void>
  /** The names in a folder are on disk when it returns. */
  syncFolder: (path: string) => Promise<void>
  remove: (path: string) => Promise<void>
}

export const nodeFolderIo: FolderIo = {
  async isFolder(path) {
    return (await fs.stat(path)).isDirectory()
  },
  async makeFolder(path) {
    await fs.mkdir(path)
  },
  list: (path) => fs.readdir(path),
  read: (path) => fs.readFile(path),
  async writeDurably(path, data) {
    const file = await fs.open(path, 'wx')
    try {
      await file.writeFile(data)
      await file.sync()
    } finally {
      await file.close()
    }
  },
  rename: (from, to) => fs.rename(from, to),
  async syncFolder(path) {
    // Windows has no handle on a folder to sync; there the rename itself is written through by NTFS' log.
    if (process.platform === 'win32') return
    const folder = await fs.open(path, 'r')
    try {
      await folder.sync()
    } catch (error) {
      // Some network shares cannot sync a folder; the object itself is on disk.
      if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'EBADF'].includes(codeOf(error))) throw error
    } finally {
      await folder.close()
    }
  },
  remove: (path) => fs.rm(path, { force: true }),
}

const inWords: Record<string, (path: string) => string> = {
  ENOENT: (path) => `The folder "${path}" is not there; is the share mounted?`,
  ENOTDIR: (path) => `"${path}" cannot be used: a file stands where a folder should be.`,
  EEXIST: (path) => `"${path}" cannot be used: a file stands where a folder should be.`,
  EACCES: (path) => `Writing to "${path}" is not permitted; give this user write access to the folder.`,
  EPERM: (path) => `Writing to "${path}" is not permitted; give this user write access to the folder.`,
  ERR_ACCESS_DENIED: (path) => `The engine was started without access to "${path}"; restart it so that it is granted.`,
  EROFS: (path) => `"${path}" is on a read-only file system; remount it for writing.`,
  ENOSPC: (path) => `There is no space left for "${path}"; free some on that disk.`,
  EDQUOT: (path) => `The quota for "${path}" is used up; raise it or free some space.`,
  EIO: (path) =>
    `The disk or share under "${path}" reports an input/output error; check the disk or the network share.`,
  ESTALE: (path) => `The share under "${path}" was changed on its server; mount it again.`,
  EHOSTDOWN: (path) => `The server of the share "${path}" does not answer; check the network.`,
  ETIMEDOUT: (path) => `The share "${path}" does not answer in time; check the network.`,
  EMFILE: () => 'Too many files are open on this machine; it will be tried again.',
  EBUSY: (path) => `"${path}" is in use by another program; it will be tried again.`,
}

export function folderError(error: unknown, path: string): DeliveryError {
  if (error instanceof DeliveryError) return error
  const code = codeOf(error)
  const words = inWords[code]
  const message = words ? words(path) : `Writing to "${path}" failed (${code === '' ? String(error) : code}).`
  return new DeliveryError(message, { cause: error })
}
