import fs from 'node:fs'
import path from 'node:path'
import { TwinError } from '../errors.ts'
import { readFacts, type BackupFacts } from './bundle.ts'
import { partSuffix } from './make.ts'

export const backupSuffix = '.mwbackup'

/** A backup of a folder; `facts` is null for a file that is not whole. */
export interface BackupEntry {
  file: string
  bytes: number
  facts: BackupFacts | null
}

/** `twin-2026-03-01T083000Z.mwbackup`: sorted by name is sorted by time. */
export function backupName(madeUs: number): string {
  const text = new Date(madeUs / 1000).toISOString()
  return `twin-${text.slice(0, 10)}T${text.slice(11, 19).replaceAll(':', '')}Z${backupSuffix}`
}

/** Newest first. An empty list for a folder that is not there. */
export function listBackups(folder: string): BackupEntry[] {
  let names: string[]
  try {
    names = fs.readdirSync(folder)
  } catch {
    return []
  }
  const entries = names
    .filter((name) => name.endsWith(backupSuffix))
    .map((name) => entryOf(path.join(folder, name)))
    .filter((entry) => entry !== null)
  return entries.sort((a, b) => (b.facts?.madeUs ?? 0) - (a.facts?.madeUs ?? 0))
}

function entryOf(file: string): BackupEntry | null {
  try {
    const bytes = fs.statSync(file).size
    return { file, bytes, facts: readFacts(file).facts }
  } catch (error) {
    if (error instanceof TwinError) return { file, bytes: 0, facts: null }
    return null
  }
}

/** Made by `nowUs`. One with a later date was made before the clock was set back. */
export function isMadeBy({ facts }: BackupEntry, nowUs: number): boolean {
  return facts !== null && facts.madeUs <= nowUs
}

/**
 * Removes the oldest daily backups of this installation beyond `keep`. Backups that a person asked for, and those of
 * others, stay. A date in the future counts as old: the copy made a moment ago must not go in its place.
 */
export function rotateBackups(folder: string, installation: string, keep: number, nowUs: number): string[] {
  const daily = listBackups(folder).filter(
    ({ facts }) => facts?.kind === 'daily' && facts.installation === installation,
  )
  const byAge = [
    ...daily.filter((entry) => isMadeBy(entry, nowUs)),
    ...daily.filter((entry) => !isMadeBy(entry, nowUs)),
  ]
  const removed = byAge.slice(keep).map(({ file }) => file)
  for (const file of removed) fs.rmSync(file, { force: true })
  return removed
}

/** Half files of a backup that was cut. Only while no backup of this folder runs. */
export function removeParts(folder: string): void {
  if (!fs.existsSync(folder)) return
  for (const name of fs.readdirSync(folder)) {
    if (name.endsWith(backupSuffix + partSuffix)) fs.rmSync(path.join(folder, name), { force: true })
  }
}
