import { writeFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { app, dialog, type BrowserWindow } from 'electron'
import { z } from 'zod'
import { savedEndings, savedNameLength } from '../../shared/protocol/host.ts'
import { text } from './text.ts'

const mostBytes = 256 * 1024 * 1024

/** A plain file name with an ending the window may ask for: a page must not choose where, nor write a program. */
const name = z
  .string()
  .min(3)
  .max(savedNameLength)
  .refine((given) => basename(given) === given && !/[\\/:*?"<>|\0]/.test(given), 'a plain file name')
  .refine((given) => savedEndings.some((ending) => extname(given).toLowerCase() === `.${ending}`), 'a known ending')
const bytes = z
  .custom<Uint8Array>((given) => given instanceof Uint8Array, 'bytes')
  .refine((given) => given.byteLength <= mostBytes, 'at most 256 MB')

export const saveArguments = z.tuple([name, bytes])

/** Asks the person where and writes it there; answers the name it got, null when they changed their mind. */
export async function saveFile(
  window: BrowserWindow | undefined,
  suggested: string,
  contents: Uint8Array,
): Promise<string | null> {
  const file = await chosen(window, suggested)
  if (file === null) return null
  await writeFile(file, contents)
  return basename(file)
}

async function chosen(window: BrowserWindow | undefined, suggested: string): Promise<string | null> {
  // Tests cannot answer a dialog of the operating system.
  const folder = app.isPackaged ? undefined : process.env['MILLWRIGHT_SAVE_INTO']
  if (folder !== undefined) return join(folder, suggested)
  const ending = extname(suggested).slice(1)
  const options = {
    title: text('save.title'),
    defaultPath: join(app.getPath('documents'), suggested),
    filters: [{ name: ending.toUpperCase(), extensions: [ending] }],
  }
  const { canceled, filePath } = window
    ? await dialog.showSaveDialog(window, options)
    : await dialog.showSaveDialog(options)
  return canceled || !filePath ? null : filePath
}
