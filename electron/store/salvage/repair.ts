import fs from 'node:fs'
import path from 'node:path'
import { writeDurably } from '../identity-file.ts'

/** Beside the twin: somebody found damage while it was in use, and wants it mended at the next start. */
export function repairFile(file: string): string {
  return path.join(path.dirname(file), 'repair.request')
}

export function isRepairAsked(file: string): boolean {
  return fs.existsSync(repairFile(file))
}

export function repairReason(file: string): string {
  return fs.readFileSync(repairFile(file), 'utf8').trim()
}

export function askRepair(file: string, why: string): void {
  writeDurably(repairFile(file), `${why}\n`)
}
